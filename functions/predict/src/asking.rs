//! Reads what a request for predictions asks for: its rows, and the form of the answer. Each protocol has its own.

use std::borrow::Cow;

use evergreen_http::Problem;
use evergreen_rows::{CsvHeader, InferenceHead, RowSource, without_nan};
use lambda_http::Request;
use serde::Deserialize;

use crate::answer::{AnswerForm, OUTPUT_NAMES};
use crate::body::{self, BodyFault};
use crate::explaining::asks_for_all;
use crate::media::{BodyForm, has_utf8};
use crate::problem;
use crate::protocol::Protocol;

/// Header with the length of the JSON part of an inference request, if binary tensors follow it.
const HEAD_LENGTH: &str = "inference-header-content-length";
/// Header with which a caller of SageMaker's protocol passes on anything.
const ATTRIBUTES: &str = "x-amzn-sagemaker-custom-attributes";

/// The parameters that an MLflow request may have beside its rows. All others are ignored.
#[derive(Deserialize)]
struct WithParameters {
    params: Parameters,
}

#[derive(Deserialize)]
struct Parameters {
    details: bool,
}

/// A request for predictions.
#[derive(Debug, Clone)]
pub struct Ask<'a> {
    /// The rows to predict for.
    pub rows: RowSource<'a>,
    /// The form of the answer.
    pub form: AnswerForm,
}

impl<'a> Ask<'a> {
    /// Reads a request of a protocol. `bytes` is its body, decompressed.
    ///
    /// # Errors
    /// A [`Problem`] if the body is no text, or if its form or that of the answer is not supported.
    pub fn of(protocol: Protocol, request: &Request, bytes: &'a [u8]) -> Result<Self, Problem> {
        let ask = match protocol {
            Protocol::Evergreen => Self::of_rows(request, bytes, asks_for_all(request)?),
            Protocol::Mlflow => Self::of_mlflow(request, bytes),
            Protocol::SageMaker => Self::of_sagemaker(request, bytes),
            Protocol::Inference => return Self::of_tensors(request, bytes),
        };
        ask.map_err(problem::of_body)
    }

    fn of_rows(request: &Request, bytes: &'a [u8], explains_all: bool) -> Result<Self, BodyFault> {
        let form = BodyForm::of(request)?;
        let text = Cow::Borrowed(body::text(bytes)?);
        let rows = match form {
            BodyForm::Json => RowSource::Json(text),
            BodyForm::JsonLines => RowSource::Lines(text),
            BodyForm::Csv => RowSource::Csv(text, CsvHeader::Required),
        };
        Ok(Self { rows, form: AnswerForm::Evergreen { explains_all } })
    }

    fn of_mlflow(request: &Request, bytes: &'a [u8]) -> Result<Self, BodyFault> {
        let form = BodyForm::of(request)?;
        let text = body::text(bytes)?;
        let rows = match form {
            BodyForm::Json => RowSource::Envelope(without_nan(text)),
            BodyForm::JsonLines => RowSource::Lines(without_nan(text)),
            BodyForm::Csv => RowSource::Csv(Cow::Borrowed(text), CsvHeader::Required),
        };
        let has_details = form == BodyForm::Json && asks_for_details(text);
        Ok(Self { rows, form: AnswerForm::Predictions { form: BodyForm::Json, has_details } })
    }

    fn of_sagemaker(request: &Request, bytes: &'a [u8]) -> Result<Self, BodyFault> {
        let sent = BodyForm::of(request)?;
        let form = BodyForm::accepted(request)?.unwrap_or(sent);
        let text = body::text(bytes)?;
        let rows = match sent {
            BodyForm::Json => RowSource::Envelope(without_nan(text)),
            BodyForm::JsonLines => RowSource::Lines(without_nan(text)),
            BodyForm::Csv => RowSource::Csv(Cow::Borrowed(text), CsvHeader::Optional),
        };
        let attributes = request.headers().get(ATTRIBUTES).and_then(|value| value.to_str().ok()).unwrap_or_default();
        let has_details = attributes.split([',', ';']).any(|attribute| attribute.trim() == "details=true");
        Ok(Self { rows, form: AnswerForm::Predictions { form, has_details } })
    }

    fn of_tensors(request: &Request, bytes: &'a [u8]) -> Result<Self, Problem> {
        if !has_utf8(request) {
            return Err(problem::of_body(BodyFault::Charset));
        }
        let length = match request.headers().get(HEAD_LENGTH) {
            None => bytes.len(),
            Some(length) => {
                let length = length.to_str().ok().and_then(|length| length.parse().ok());
                length.ok_or_else(|| problem::wrong_head_length(HEAD_LENGTH, bytes.len()))?
            }
        };
        let (head, binary) =
            bytes.split_at_checked(length).ok_or_else(|| problem::wrong_head_length(HEAD_LENGTH, bytes.len()))?;
        let text = without_nan(body::text(head).map_err(problem::of_body)?);
        let head = InferenceHead::parse(&text).map_err(problem::of_head)?;
        let outputs = head.outputs.as_ref().map(|outputs| outputs.iter().map(|it| it.name.clone()).collect::<Vec<_>>());
        let unknown = outputs.iter().flatten().find(|name| !OUTPUT_NAMES.contains(&name.as_str()));
        if let Some(unknown) = unknown {
            return Err(problem::unknown_output(unknown, &OUTPUT_NAMES));
        }
        let form = AnswerForm::Tensors { id: head.id.clone(), outputs };
        Ok(Self { rows: RowSource::Tensors { head, text, binary }, form })
    }
}

/// Returns whether a request to MLflow's scoring server has the parameter `details`.
fn asks_for_details(text: &str) -> bool {
    text.contains("\"details\"")
        && serde_json::from_str::<WithParameters>(&without_nan(text)).is_ok_and(|it| it.params.details)
}
