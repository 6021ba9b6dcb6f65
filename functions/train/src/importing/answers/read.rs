//! Reads the columns with the answers.

use evergreen_lifecycle::Label;
use evergreen_table::TextRows;

use super::AnswersError;

/// Name of the column with the answers.
const PREDICTION: &str = "prediction";

/// Beginning of the names of the columns with probabilities. The label follows.
const PROBABILITY: &str = "probability_";

/// What the author's library answered.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct ExpectedAnswers {
    /// The answers, one for each row.
    pub(super) answers: Vec<LibraryAnswer>,
    /// Indices of the columns that hold answers, and no values of the row.
    columns: Vec<usize>,
}

/// The answer of the author's library to one row.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum LibraryAnswer {
    /// A number.
    Number(f64),
    /// A label.
    Label {
        /// Index of the label in the model's labels.
        class: usize,
        /// The probabilities of all labels, in the order of the model's labels. Empty if the file has none.
        probabilities: Vec<f64>,
    },
}

impl ExpectedAnswers {
    /// Reads the answers. `labels` are those of the model, or none for a model that predicts numbers.
    pub(super) fn read(texts: &TextRows, labels: &[Label]) -> Result<Self, AnswersError> {
        let named = |name: &str| texts.names.iter().position(|other| other == name);
        let prediction = named(PREDICTION).ok_or(AnswersError::NoPrediction)?;
        let mut columns = vec![prediction];
        if labels.is_empty() {
            let answers = texts.rows.iter().enumerate();
            let answers = answers.map(|(row, cells)| number(texts, row, cells, prediction).map(LibraryAnswer::Number));
            return Ok(Self { answers: answers.collect::<Result<_, _>>()?, columns });
        }
        let answers: Vec<&str> = texts.rows.iter().map(|cells| cell(cells, prediction)).collect();
        let classes = classes(&answers, labels)?;
        let places = probability_columns(texts, labels)?;
        columns.extend(&places);
        let rows = texts.rows.iter().zip(classes).enumerate().map(|(row, (cells, class))| {
            let probabilities = places.iter().map(|column| number(texts, row, cells, *column));
            Ok(LibraryAnswer::Label { class, probabilities: probabilities.collect::<Result<_, _>>()? })
        });
        Ok(Self { answers: rows.collect::<Result<_, AnswersError>>()?, columns })
    }

    /// Returns the rows without the answers, as a request sends them.
    pub(super) fn rows_as_csv(&self, texts: &TextRows) -> String {
        let line = |cells: &[String]| {
            let kept = cells.iter().enumerate().filter(|(column, _)| !self.columns.contains(column));
            let quoted = kept.map(|(_, cell)| format!("\"{}\"", cell.replace('"', "\"\"")));
            quoted.collect::<Vec<_>>().join(",") + "\n"
        };
        std::iter::once(&texts.names).chain(&texts.rows).map(|cells| line(cells)).collect()
    }
}

fn cell(cells: &[String], column: usize) -> &str {
    cells.get(column).map_or("", |cell| cell.trim())
}

fn number(texts: &TextRows, row: usize, cells: &[String], column: usize) -> Result<f64, AnswersError> {
    let name = || texts.names.get(column).cloned().unwrap_or_default();
    let parsed = cell(cells, column).parse::<f64>().ok().filter(|number| number.is_finite());
    parsed.ok_or_else(|| AnswersError::NotANumber { row: row + 1, column: name() })
}

/// Returns the column of each label's probabilities. Empty if the file has none.
fn probability_columns(texts: &TextRows, labels: &[Label]) -> Result<Vec<usize>, AnswersError> {
    let mut places = vec![None; labels.len()];
    let named = texts
        .names
        .iter()
        .enumerate()
        .filter_map(|(column, name)| Some((column, name, name.strip_prefix(PROBABILITY)?)));
    let named: Vec<(usize, &String, &str)> = named.collect();
    let given: Vec<&str> = named.iter().map(|(_, _, label)| *label).collect();
    for ((column, name, _), class) in named.iter().zip(matching(&given, labels)) {
        let place =
            class.and_then(|class| places.get_mut(class)).ok_or_else(|| AnswersError::UnknownLabel((*name).clone()))?;
        *place = Some(*column);
    }
    if places.iter().all(Option::is_none) {
        return Ok(Vec::new());
    }
    let each = places.into_iter().zip(labels);
    each.map(|(place, label)| place.ok_or_else(|| AnswersError::NoProbability(label.to_string()))).collect()
}

/// Returns the class of each answer.
fn classes(answers: &[&str], labels: &[Label]) -> Result<Vec<usize>, AnswersError> {
    let no_label = |row: usize| AnswersError::NoLabel {
        row: row + 1,
        labels: labels.iter().take(20).map(ToString::to_string).collect::<Vec<_>>().join(", "),
    };
    let found = matching(answers, labels).into_iter().enumerate();
    found.map(|(row, class)| class.ok_or_else(|| no_label(row))).collect()
}

/// Returns for each text the label that it names. If no text is the text of a label, whole numbers are the indices of the
/// sorted labels, as for the labels of the model file.
fn matching(texts: &[&str], labels: &[Label]) -> Vec<Option<usize>> {
    let by_name: Vec<Option<usize>> =
        texts.iter().map(|text| labels.iter().position(|label| is_label(text, label))).collect();
    if by_name.iter().any(Option::is_some) {
        return by_name;
    }
    let mut sorted: Vec<(usize, &Label)> = labels.iter().enumerate().collect();
    sorted.sort_by_key(|(_, label)| *label);
    let by_index = |text: &&str| {
        let index = whole(text).and_then(|index| usize::try_from(index).ok())?;
        sorted.get(index).map(|(class, _)| *class)
    };
    texts.iter().map(by_index).collect()
}

fn is_label(text: &str, label: &Label) -> bool {
    match label {
        Label::Boolean(truth) => {
            text.eq_ignore_ascii_case(&truth.to_string()) || whole(text) == Some(i64::from(*truth))
        }
        Label::Integer(number) => whole(text) == Some(*number),
        Label::Text(label) => text == label.trim(),
    }
}

/// Returns a whole number. pandas writes `1.0` if a column of whole numbers has a missing value.
fn whole(text: &str) -> Option<i64> {
    let number = text.strip_suffix(".0").unwrap_or(text);
    number.parse().ok()
}
