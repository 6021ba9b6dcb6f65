//! The form that predicts with the champion. The values that a person enters are neither stored nor logged.

mod encode;

use askama::Template;
use evergreen_lifecycle::ports::{ArtifactReadError, Artifacts, Champions};
use evergreen_lifecycle::{Column, ColumnKind, Pointer, RowTexts, Signature};
use evergreen_scoring::{Model, Predictions};

use super::frame::PageFrame;
use super::markup::{Markup, version_link};
use super::query::Query;
use super::request::PageRequest;
use super::{PageError, text};
use crate::ports::ConsoleWorld;

#[derive(Template)]
#[template(path = "try.html")]
struct TrialPage<'a> {
    frame: &'a PageFrame<'a>,
    version: Option<Markup>,
    nothing: Option<String>,
    fields: Vec<Field>,
    answer: Option<Answer>,
}

/// A field of the form: a column of the signature.
struct Field {
    id: String,
    name: String,
    kind: &'static str,
    value: String,
    choices: Vec<String>,
    is_optional: bool,
    problem: Option<String>,
}

/// The prediction, as the page shows it.
struct Answer {
    what: String,
    more: Option<String>,
    probabilities: Option<Markup>,
}

/// Loads the champion and writes the form, with the prediction if the form was sent.
pub(super) async fn show<W: ConsoleWorld>(world: &W, request: &PageRequest<'_>) -> Result<String, PageError> {
    let frame = PageFrame::of(request, "Try it");
    let loaded = load(world, request).await?;
    let empty = TrialPage { frame: &frame, version: None, nothing: None, fields: Vec::new(), answer: None };
    let page = match loaded {
        Err(nothing) => TrialPage { nothing: Some(nothing), ..empty },
        Ok((pointer, model)) => {
            let (fields, answer) = filled(&model, request.form);
            TrialPage { version: Some(version_link(&frame.base, pointer.number)), fields, answer, ..empty }
        }
    };
    Ok(page.render()?)
}

/// Loads the champion's model. The inner error says why it cannot predict.
async fn load<W: ConsoleWorld>(
    world: &W,
    request: &PageRequest<'_>,
) -> Result<Result<(Pointer, Model), String>, PageError> {
    let Some((record, copy)) = world.registry().champion_with_artifact().await? else {
        return Ok(Err("There is no champion, so nothing can predict yet.".to_owned()));
    };
    let Ok(pointer) = record else { return Ok(Err("This release cannot read the champion's record.".to_owned())) };
    let name = &request.facts.stack.model;
    let copied = copy.and_then(|bytes| Model::load_registered(&bytes, &pointer.artifact, name).ok());
    if let Some(model) = copied {
        return Ok(Ok((pointer, model)));
    }
    match world.artifacts().get(&pointer.artifact.key).await {
        Ok(bytes) => Ok(Model::load_registered(&bytes, &pointer.artifact, name)
            .map(|model| (pointer, model))
            .map_err(|error| format!("The champion's artifact cannot be used: {error}."))),
        Err(ArtifactReadError::NotFound(_)) => Ok(Err("The champion's artifact is not in the bucket.".to_owned())),
        Err(ArtifactReadError::Unavailable(error)) => Err(error.into()),
    }
}

/// Returns the fields with the entered values, and the prediction if all values are possible.
fn filled(model: &Model, form: Option<&Query>) -> (Vec<Field>, Option<Answer>) {
    let columns = model.signature().columns();
    let mut fields: Vec<Field> = columns.iter().enumerate().map(|(index, column)| field(index, column, form)).collect();
    if form.is_none() {
        return (fields, None);
    }
    let (mut row, mut texts) = (Vec::new(), RowTexts::none());
    for (field, column) in fields.iter_mut().zip(columns) {
        match encode::encode(column, &field.value, &mut texts) {
            Ok(values) => row.extend(values),
            Err(problem) => field.problem = Some(problem),
        }
    }
    if fields.iter().any(|field| field.problem.is_some()) {
        return (fields, None);
    }
    let answer =
        model.predict_with_texts(&row, &texts).ok().and_then(|predictions| answer(&predictions, model.signature()));
    (fields, answer)
}

fn field(index: usize, column: &Column, form: Option<&Query>) -> Field {
    let id = format!("c{index}");
    let choices = match &column.kind {
        ColumnKind::Boolean => vec!["true".to_owned(), "false".to_owned()],
        ColumnKind::Category { categories, rare } => categories.iter().chain(rare).cloned().collect(),
        _ => Vec::new(),
    };
    Field {
        value: form.and_then(|form| form.get(&id)).unwrap_or_default().to_owned(),
        id,
        name: column.name.clone(),
        kind: column.kind.name(),
        choices,
        is_optional: column.nullable,
        problem: None,
    }
}

fn answer(predictions: &Predictions, signature: &Signature) -> Option<Answer> {
    match predictions {
        Predictions::Classes(classes) => {
            let prediction = classes.iter().next()?;
            let label = signature.labels().get(prediction.class)?;
            let mut shares: Vec<(String, f64)> = signature
                .labels()
                .iter()
                .zip(prediction.probabilities)
                .map(|(label, share)| (label.to_string(), f64::from(*share)))
                .collect();
            shares.sort_by(|a, b| b.1.total_cmp(&a.1));
            shares.truncate(10);
            let more =
                (signature.labels().len() > shares.len()).then(|| "The ten most probable labels are shown.".to_owned());
            Some(Answer { what: label.to_string(), more, probabilities: Some(super::plot::probabilities(&shares)) })
        }
        Predictions::Numbers(numbers) => {
            let value = numbers.values().first()?;
            let interval = numbers.intervals().and_then(|intervals| intervals.first());
            let more = interval.map(|(low, high)| {
                format!("Prediction interval: {} to {}", text::score(f64::from(*low)), text::score(f64::from(*high)))
            });
            Some(Answer { what: text::score(f64::from(*value)), more, probabilities: None })
        }
    }
}
