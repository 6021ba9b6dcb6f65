//! Signs requests with AWS credentials (Signature Version 4), as API Gateway expects them.

use std::time::SystemTime;

use aws_credential_types::Credentials;
use aws_sigv4::http_request::{SignableBody, SignableRequest, SigningSettings, sign};
use aws_sigv4::sign::v4;

use crate::failure::Failure;

/// The name under which API Gateway checks signatures.
const SERVICE: &str = "execute-api";

/// Returns the headers that sign a request with this method, address and body.
pub fn headers(
    credentials: &Credentials,
    region: &str,
    (method, address, body): (&str, &str, &[u8]),
) -> Result<Vec<(String, String)>, Failure> {
    let identity = credentials.clone().into();
    let parameters = v4::SigningParams::builder()
        .identity(&identity)
        .region(region)
        .name(SERVICE)
        .time(SystemTime::now())
        .settings(SigningSettings::default())
        .build()
        .map_err(|error| Failure::unreachable("cannot sign the request", error))?
        .into();
    let request = SignableRequest::new(method, address, std::iter::empty(), SignableBody::Bytes(body))
        .map_err(|error| Failure::unreachable(format!("cannot sign a request to {address}"), error))?;
    let signed = sign(request, &parameters).map_err(|error| Failure::unreachable("cannot sign the request", error))?;
    let (headers, _query) = signed.into_parts().0.into_parts();
    Ok(headers.into_iter().map(|header| (header.name().to_owned(), header.value().to_owned())).collect())
}
