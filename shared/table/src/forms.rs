//! Detects the notation of numbers and dates in each column: decimal comma or point, day or month first.

use super::TableError;
use super::cell::TextForm;
use super::infer::ColumnReading;
use super::load::LoadedColumn;
use super::marks::MissingMarks;
use super::odd_rows::OddRows;
use super::parts::TableParts;
use super::signs::Signs;
use super::survey::{ParseOptions, Survey, SurveyResult};
use super::tally::ColumnTally;
use crate::settings::CsvSettings;

/// Result of the first reading of the files: for each column the statistics of its values and their notation.
pub(super) struct SurveyedTable {
    pub(super) tallies: Vec<ColumnTally>,
    pub(super) forms: Vec<TextForm>,
    // Only columns whose type was predicted from a sample have stored values.
    /// For each column, the values that were stored already during the first reading of the files.
    pub(super) loaded: Vec<LoadedColumn>,
    /// Number of rows in each data file. The key is the index of the file.
    pub(super) rows: std::collections::BTreeMap<u32, u64>,
    pub(super) odd: OddRows,
}

/// First reading of all files: counts the values of each column and detects the notation of numbers and dates.
pub(super) fn survey(
    parts: &TableParts,
    csv_settings: &CsvSettings,
    marks: &MissingMarks,
    predict: impl Fn(&[ColumnTally], &[TextForm]) -> Vec<ColumnReading>,
) -> Result<SurveyedTable, TableError> {
    // A sample first shows whether numbers have a decimal comma and whether dates begin with the month. If later rows
    // contradict the sample, the files are read again.
    let (mut forms, sampled_forms) = sampled_forms(parts, csv_settings, marks);
    loop {
        // `predict` predicts from the sample how each column will be stored, so that its values can be stored in the
        // same pass. It returns an empty list if the memory is too small for that.
        let predicted = predict(&sampled_forms, &forms);
        let options = ParseOptions { forms: &forms, marks, all_signs: false };
        let rows = usize::try_from(parts.most_rows()).unwrap_or_default();
        let SurveyResult { tallies, loaded, mut rows, mut odd } =
            parts.read(Survey::new(options, &predicted, rows))?.finish();
        let revised = revised(&forms, &tallies, csv_settings, false);
        if revised == forms {
            parts.totals().into_iter().for_each(|at| odd.add(at, crate::odd_rows::OddRow::Total));
            rows.extend(parts.stored_rows());
            return Ok(SurveyedTable { tallies, forms, loaded, rows, odd });
        }
        forms = revised;
    }
}

/// Detects the notation of numbers and dates in each column from samples. Returns also the statistics of the sampled
/// values.
fn sampled_forms(
    parts: &TableParts,
    csv_settings: &CsvSettings,
    marks: &MissingMarks,
) -> (Vec<TextForm>, Vec<ColumnTally>) {
    let first = TextForm {
        comma: csv_settings.decimal_comma.unwrap_or(false),
        month_first: csv_settings.month_first.unwrap_or(false),
        is_guess: false,
    };
    let forms = vec![first; parts.names.len()];
    let read_sample = |forms: &[TextForm]| {
        parts.read_sample(Survey::new(ParseOptions { forms, marks, all_signs: true }, &[], 0)).finish().tallies
    };
    let forms = revised(&forms, &read_sample(&forms), csv_settings, true);
    let tallies = read_sample(&forms);
    // If the values of a column are ambiguous, the column follows the other columns.
    let decides = |sign: Signs, of: fn(&TextForm) -> bool, is: bool| {
        forms.iter().zip(&tallies).any(|(form, tally)| of(form) == is && tally.written(sign) > 0)
    };
    let comma = |form: &TextForm| form.comma;
    let month = |form: &TextForm| form.month_first;
    let all_comma = decides(Signs::DECIDED_DECIMAL, comma, true) && !decides(Signs::DECIDED_DECIMAL, comma, false);
    let all_month = decides(Signs::DECIDED_ORDER, month, true) && !decides(Signs::DECIDED_ORDER, month, false);
    let is_decided = all_comma || tallies.iter().any(|tally| tally.written(Signs::DECIDED_DECIMAL) > 0);
    let guesses = !is_decided && csv_settings.decimal_comma.is_none() && parts.have_semicolons();
    let follow = |(form, tally): (&TextForm, &ColumnTally)| {
        let is_guess = guesses && tally.written(Signs::EITHER_DECIMAL) > 0;
        TextForm {
            comma: form.comma || is_guess || all_comma && csv_settings.decimal_comma.is_none(),
            month_first: form.month_first || all_month && csv_settings.month_first.is_none(),
            is_guess,
        }
    };
    (forms.iter().zip(&tallies).map(follow).collect(), tallies)
}

/// Corrects the decimal mark and the date order of each column by the counted values.
fn revised(forms: &[TextForm], tallies: &[ColumnTally], csv_settings: &CsvSettings, all: bool) -> Vec<TextForm> {
    // A notation is changed only if no value requires the current one and some value requires the other. For example,
    // `1,50` requires the decimal comma, and 12/31/2024 requires the month first. A column changes to the comma or to
    // the month first at most once. It changes back only if the comma was a guess.
    let revise = |(form, tally): (&TextForm, &ColumnTally)| {
        // A plain number with a point requires the decimal point. If `all` is false, it was not counted how plain
        // numbers are written, and every number that is not whole counts as one.
        let has_point = tally.written(Signs::DECIDED_DECIMAL) > 0 || !all && tally.has_fraction();
        let other_decimal = tally.written(Signs::OTHER_DECIMAL) > 0 && !has_point;
        let was_wrong = form.is_guess && other_decimal;
        let other_order = tally.written(Signs::OTHER_ORDER) > 0 && tally.written(Signs::DECIDED_ORDER) == 0;
        TextForm {
            comma: !was_wrong && (form.comma || other_decimal && csv_settings.decimal_comma.is_none()),
            month_first: form.month_first || other_order && csv_settings.month_first.is_none(),
            is_guess: form.is_guess && !was_wrong,
        }
    };
    forms.iter().zip(tallies).map(revise).collect()
}
