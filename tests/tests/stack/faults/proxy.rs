//! Tests of the fault proxy that all other tests in this folder use. These tests need no stack.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use aws_config::retry::RetryConfig;
use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_sdk_cloudwatch::types::MetricDatum;
use aws_sdk_dynamodb::error::ProvideErrorMetadata;
use aws_sdk_dynamodb::types::{AttributeValue, Delete, TransactWriteItem};
use aws_sdk_eventbridge::types::PutEventsRequestEntry;
use aws_sdk_s3::config::Credentials;
use aws_sdk_sesv2::types::{Destination, EmailContent, Template};
use evergreen_tests::faults::{Fault, Rules, Service, start};
use http_body_util::{BodyExt, Full};
use hyper::body::{Bytes, Incoming};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Request, Response};
use hyper_util::rt::TokioIo;
use tokio::net::TcpListener;

/// Body of every answer of the fake AWS service to which the fault proxy forwards calls.
const ANSWER: &str = "0123456789";

/// Test fake of an AWS service, for tests of the fault proxy. It records the requests that it receives.
#[derive(Debug, Clone, Default)]
struct Upstream(Arc<Mutex<Vec<String>>>);

impl Upstream {
    async fn start(&self) -> String {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let upstream = self.clone();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let upstream = upstream.clone();
                let service = service_fn(move |request: Request<Incoming>| {
                    let upstream = upstream.clone();
                    async move {
                        let asked = format!("{} {}", request.method(), request.uri());
                        let body = request.into_body().collect().await.unwrap().to_bytes();
                        upstream.0.lock().unwrap().push(format!("{asked} {}", String::from_utf8_lossy(&body)));
                        Ok::<_, Infallible>(Response::new(Full::new(Bytes::from(ANSWER))))
                    }
                });
                tokio::spawn(http1::Builder::new().serve_connection(TokioIo::new(stream), service));
            }
        });
        format!("http://{address}")
    }

    fn asked(&self) -> Vec<String> {
        self.0.lock().unwrap().clone()
    }
}

/// Two fault proxies that a test has started, and the fake AWS service behind them.
struct Proxied {
    train: SocketAddr,
    predict: SocketAddr,
    rules: Rules,
    upstream: Upstream,
}

impl Proxied {
    async fn start() -> Self {
        let (upstream, rules) = (Upstream::default(), Rules::default());
        let url = upstream.start().await;
        let [train, predict] = ["train", "predict"].map(|function| start(function, 0, &url, &rules));
        Self { train, predict, rules, upstream }
    }

    async fn get(&self, path: &str) -> reqwest::Result<String> {
        reqwest::get(format!("http://{}{path}", self.train)).await?.text().await
    }

    /// Returns the AWS configuration that the train function's clients use, except for the timeouts.
    fn config(&self) -> SdkConfig {
        SdkConfig::builder()
            .behavior_version(BehaviorVersion::latest())
            .region(Region::from_static("us-east-1"))
            .credentials_provider(aws_sdk_s3::config::SharedCredentialsProvider::new(Credentials::for_tests()))
            .http_client(aws_smithy_http_client::Builder::new().build_http())
            .retry_config(RetryConfig::disabled())
            .endpoint_url(format!("http://{}", self.train))
            .build()
    }
}

#[tokio::test]
async fn a_call_without_a_fault_passes_unchanged() {
    let proxied = Proxied::start().await;
    let _elsewhere = proxied.rules.add(Fault::fails().of("predict"));
    assert_eq!(proxied.get("/bucket/key?a=b%2Fc").await.unwrap(), ANSWER);
    assert_eq!(reqwest::get(format!("http://{}/", proxied.predict)).await.unwrap().status(), 500);
    let client = reqwest::Client::new();
    let put = client.put(format!("http://{}/bucket/key", proxied.train)).body("content").send().await;
    assert_eq!(put.unwrap().text().await.unwrap(), ANSWER);
    assert_eq!(proxied.upstream.asked(), ["GET /bucket/key?a=b%2Fc ", "PUT /bucket/key content"]);
}

#[tokio::test]
async fn a_call_to_dynamodb_is_recognised_and_fails_as_dynamodb_fails() {
    let proxied = Proxied::start().await;
    let client = aws_sdk_dynamodb::Client::new(&proxied.config());
    let get = || client.get_item().table_name("registry").key("pk", AttributeValue::S("MODEL#iris".into())).send();

    let fault =
        proxied.rules.add(Fault::throttles().with(Service::DynamoDb, "GetItem").of("train").about("MODEL#iris"));
    assert_eq!(get().await.unwrap_err().code(), Some("ThrottlingException"));
    assert_eq!(fault.end(), 1);
    let _fault = proxied.rules.add(Fault::refuses(400, "ProvisionedThroughputExceededException"));
    let error = get().await.unwrap_err().into_service_error();
    assert!(error.is_provisioned_throughput_exceeded_exception(), "{error:?}");
}

#[tokio::test]
async fn a_cancelled_transaction_has_a_reason_for_each_write() {
    let proxied = Proxied::start().await;
    let client = aws_sdk_dynamodb::Client::new(&proxied.config());
    let _fault = proxied.rules.add(Fault::cancels(1, "ThrottlingError").of("train"));
    let delete = Delete::builder().table_name("registry").key("pk", AttributeValue::S("MODEL#iris".into()));
    let write = TransactWriteItem::builder().delete(delete.build().unwrap()).build();
    let transaction = client.transact_write_items().set_transact_items(Some(vec![write; 3]));
    let error = transaction.send().await.unwrap_err().into_service_error();
    let aws_sdk_dynamodb::operation::transact_write_items::TransactWriteItemsError::TransactionCanceledException(error) =
        error
    else {
        panic!("{error:?}")
    };
    let codes: Vec<_> = error.cancellation_reasons().iter().filter_map(|reason| reason.code()).collect();
    assert_eq!(codes, ["None", "ThrottlingError", "None"]);
}

#[tokio::test]
async fn a_call_to_s3_is_recognised_and_fails_as_s3_fails() {
    let proxied = Proxied::start().await;
    let config = aws_sdk_s3::config::Builder::from(&proxied.config()).force_path_style(true).build();
    let client = aws_sdk_s3::Client::from_conf(config);
    let fault = proxied.rules.add(Fault::throttles().with(Service::S3, "PutObject").about("model.onnx"));
    let put = client.put_object().bucket("bucket").key("models/iris/model.onnx").body(b"artifact".to_vec().into());
    assert_eq!(put.send().await.unwrap_err().code(), Some("SlowDown"));
    assert_eq!(fault.end(), 1);
    let fault = proxied.rules.add(Fault::fails().with(Service::S3, "GetObject"));
    let get = client.get_object().bucket("bucket").key("models/iris/model.onnx").send().await;
    assert_eq!(get.unwrap_err().code(), Some("InternalError"));
    assert_eq!(fault.end(), 1);
    let fault = proxied.rules.add(Fault::refuses(403, "AccessDenied").with(Service::S3, "ListObjectsV2"));
    let list = client.list_objects_v2().bucket("bucket").prefix("datasets/").send().await;
    assert_eq!(list.unwrap_err().code(), Some("AccessDenied"));
    assert_eq!(fault.end(), 1);
    assert_eq!(proxied.upstream.asked(), Vec::<String>::new());
}

#[tokio::test]
async fn a_mail_is_recognised_and_refused_as_ses_refuses_it() {
    let proxied = Proxied::start().await;
    let client = aws_sdk_sesv2::Client::new(&proxied.config());
    let _fault = proxied.rules.add(Fault::throttles().with(Service::Ses, "SendEmail").about("ada@"));
    let send = |to: &str| {
        let content = EmailContent::builder().template(Template::builder().template_name("t").build()).build();
        client.send_email().destination(Destination::builder().to_addresses(to).build()).content(content).send()
    };
    let error = send("ada@example.com").await.unwrap_err().into_service_error();
    assert!(error.is_too_many_requests_exception(), "{error:?}");
    let error = send("grace@example.com").await;
    assert_eq!(error.err().and_then(|error| error.code().map(str::to_owned)), None);
}

#[tokio::test]
async fn events_and_metrics_are_recognised_and_refused_as_their_services_do() {
    let proxied = Proxied::start().await;
    let bus = aws_sdk_eventbridge::Client::new(&proxied.config());
    let _fault = proxied.rules.add(Fault::fails().with(Service::EventBridge, "PutEvents"));
    let put = bus.put_events().entries(PutEventsRequestEntry::builder().source("evergreen").build()).send().await;
    assert_eq!(put.unwrap_err().code(), Some("InternalException"));
    let sink = aws_sdk_cloudwatch::Client::new(&proxied.config());
    let _fault = proxied.rules.add(Fault::throttles().with(Service::CloudWatch, "PutMetricData"));
    let datum = MetricDatum::builder().metric_name("ModelHealthy").value(1.0).build();
    let put = sink.put_metric_data().namespace("Evergreen").metric_data(datum).send().await;
    assert_eq!(put.unwrap_err().code(), Some("ThrottlingException"));
}

#[tokio::test]
async fn a_fault_happens_the_given_number_of_times_and_ends_when_dropped() {
    let proxied = Proxied::start().await;
    let fails = async || reqwest::get(format!("http://{}/b/k", proxied.train)).await.unwrap().status() == 500;
    let fault = proxied.rules.add(Fault::fails().first(2));
    assert_eq!([fails().await, fails().await, fails().await], [true, true, false]);
    assert_eq!(fault.end(), 2);
    let fault = proxied.rules.add(Fault::fails().every(2));
    assert_eq!([fails().await, fails().await, fails().await, fails().await], [false, true, false, true]);
    drop(fault);
    assert!(!fails().await);
}

#[tokio::test]
async fn a_dropped_request_never_reaches_the_service_and_a_dropped_answer_does() {
    let proxied = Proxied::start().await;
    let fault = proxied.rules.add(Fault::drops_request());
    assert!(proxied.get("/b/k").await.is_err());
    assert_eq!(proxied.upstream.asked().len(), 0);
    drop(fault);
    let _fault = proxied.rules.add(Fault::drops_answer());
    assert!(proxied.get("/b/k").await.is_err());
    assert_eq!(proxied.upstream.asked().len(), 1);
}

#[tokio::test]
async fn a_delayed_call_arrives_late_and_a_withheld_answer_does_not_delay_its_call() {
    const LATE: Duration = Duration::from_millis(300);
    let proxied = Proxied::start().await;
    for (fault, came) in [(Fault::delays(LATE), 0), (Fault::withholds_answer(LATE), 1)] {
        let _fault = proxied.rules.add(fault);
        let before = proxied.upstream.asked().len();
        let begun = Instant::now();
        let (answer, meanwhile) = tokio::join!(proxied.get("/b/k"), async {
            tokio::time::sleep(LATE / 2).await;
            proxied.upstream.asked().len() - before
        });
        assert_eq!((answer.unwrap().as_str(), meanwhile), (ANSWER, came));
        assert!(begun.elapsed() >= LATE);
    }
}

#[tokio::test]
async fn an_answer_can_be_damaged_in_three_ways() {
    let proxied = Proxied::start().await;
    let fault = proxied.rules.add(Fault::flips_a_bit());
    assert_eq!(proxied.get("/b/k").await.unwrap(), "0123446789");
    drop(fault);
    let fault = proxied.rules.add(Fault::shortens_answer());
    assert_eq!(proxied.get("/b/k").await.unwrap(), "01234");
    drop(fault);
    let _fault = proxied.rules.add(Fault::cuts_answer());
    assert!(proxied.get("/b/k").await.is_err());
}
