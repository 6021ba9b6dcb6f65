use std::net::SocketAddr;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

use super::*;

fn connector(limit: Duration) -> SharedHttpConnector {
    use aws_smithy_runtime_api::client::http::{HttpClient, HttpConnectorSettings};
    use aws_smithy_runtime_api::client::runtime_components::RuntimeComponentsBuilder;
    let client = client(webpki_roots::TLS_SERVER_ROOTS.iter().cloned().collect(), limit).unwrap();
    let components = RuntimeComponentsBuilder::for_tests().build().unwrap();
    client.http_connector(&HttpConnectorSettings::default(), &components)
}

async fn ask(scheme: &str, address: SocketAddr, limit: Duration) -> Result<HttpResponse, ConnectorError> {
    connector(limit).call(HttpRequest::get(format!("{scheme}://{address}/")).unwrap()).await
}

async fn listener() -> (TcpListener, SocketAddr) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    (listener, address)
}

#[tokio::test]
async fn an_endpoint_without_tls_is_reached_over_http() {
    let (listener, address) = listener().await;
    tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        let _ = stream.read(&mut [0; 1024]).await.unwrap();
        stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok").await.unwrap();
    });
    assert_eq!(ask("http", address, Duration::from_secs(5)).await.unwrap().status().as_u16(), 200);
}

#[tokio::test]
async fn a_handshake_that_hangs_is_a_timeout() {
    let (_listener, address) = listener().await;
    assert!(ask("https", address, Duration::from_millis(50)).await.unwrap_err().is_timeout());
}

#[tokio::test]
async fn a_refused_connection_is_retried() {
    let (listener, address) = listener().await;
    drop(listener);
    assert!(ask("https", address, Duration::from_secs(5)).await.unwrap_err().is_io());
}

#[tokio::test]
async fn a_connection_that_closed_before_the_answer_is_retried() {
    let (listener, address) = listener().await;
    tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        let _ = stream.read(&mut [0; 1024]).await.unwrap();
    });
    let error = ask("http", address, Duration::from_secs(5)).await.unwrap_err();
    assert!(error.is_io() || error.as_other() == Some(ErrorKind::TransientError), "{error:?}");
}
