//! Detects how the texts of each column are written, from the whole table.

use super::TableError;
use super::cell::Form;
use super::infer::Reading;
use super::load::Loaded;
use super::marks::Marks;
use super::odd_rows::OddRows;
use super::parts::Parts;
use super::signs::Signs;
use super::survey::{Found, Survey, Tally, Way};
use crate::settings::CsvSettings;

/// The surveyed columns, and how their texts are written.
pub(super) struct Surveyed {
    pub(super) tallies: Vec<Tally>,
    pub(super) forms: Vec<Form>,
    /// The values of columns whose storage was predicted from the sample.
    pub(super) loaded: Vec<Loaded>,
    /// Number of rows of each file, by the index of the file.
    pub(super) rows: std::collections::BTreeMap<u32, u64>,
    pub(super) odd: OddRows,
}

/// Surveys all files. The forms of the columns are detected from a sample first. If the whole table contradicts a form,
/// the files are read again.
///
/// `foresee` predicts from the sample how each column will be stored, if the memory suffices to keep the values during
/// the survey.
pub(super) fn survey(
    parts: &Parts,
    said: &CsvSettings,
    marks: &Marks,
    foresee: impl Fn(&[Tally], &[Form]) -> Vec<Reading>,
) -> Result<Surveyed, TableError> {
    let (mut forms, glanced) = glanced(parts, said, marks);
    loop {
        let foreseen = foresee(&glanced, &forms);
        let way = Way { forms: &forms, marks, all_signs: false };
        let rows = usize::try_from(parts.most_rows()).unwrap_or_default();
        let Found { tallies, loaded, mut rows, mut odd } = parts.read(Survey::new(way, &foreseen, rows))?.finish();
        let revised = revised(&forms, &tallies, said, false);
        if revised == forms {
            parts.totals().into_iter().for_each(|at| odd.add(at, crate::odd_rows::OddRow::Total));
            rows.extend(parts.said_rows());
            return Ok(Surveyed { tallies, forms, loaded, rows, odd });
        }
        forms = revised;
    }
}

/// Detects the forms from some rows of each file, and returns the tallies of these rows. A form that one column decides
/// is used for the undecided columns, too.
fn glanced(parts: &Parts, said: &CsvSettings, marks: &Marks) -> (Vec<Form>, Vec<Tally>) {
    let first = Form {
        comma: said.decimal_comma.unwrap_or(false),
        month_first: said.month_first.unwrap_or(false),
        is_guess: false,
    };
    let forms = vec![first; parts.names.len()];
    let glance =
        |forms: &[Form]| parts.glance(Survey::new(Way { forms, marks, all_signs: true }, &[], 0)).finish().tallies;
    let forms = revised(&forms, &glance(&forms), said, true);
    let tallies = glance(&forms);
    let decides = |sign: Signs, of: fn(&Form) -> bool, is: bool| {
        forms.iter().zip(&tallies).any(|(form, tally)| of(form) == is && tally.written(sign) > 0)
    };
    let comma = |form: &Form| form.comma;
    let month = |form: &Form| form.month_first;
    let all_comma = decides(Signs::DECIDED_DECIMAL, comma, true) && !decides(Signs::DECIDED_DECIMAL, comma, false);
    let all_month = decides(Signs::DECIDED_ORDER, month, true) && !decides(Signs::DECIDED_ORDER, month, false);
    let is_decided = all_comma || tallies.iter().any(|tally| tally.written(Signs::DECIDED_DECIMAL) > 0);
    let guesses = !is_decided && said.decimal_comma.is_none() && parts.have_semicolons();
    let follow = |(form, tally): (&Form, &Tally)| {
        let is_guess = guesses && tally.written(Signs::EITHER_DECIMAL) > 0;
        Form {
            comma: form.comma || is_guess || all_comma && said.decimal_comma.is_none(),
            month_first: form.month_first || all_month && said.month_first.is_none(),
            is_guess,
        }
    };
    (forms.iter().zip(&tallies).map(follow).collect(), tallies)
}

/// Returns the forms after a survey. A column changes its form if no value supports the current form and some value
/// supports the other one.
///
/// A point in a plain number supports the decimal point. Unless `all` numbers reported how they are written, any number
/// that is not whole counts as support. A column changes to the comma or to the month at most once. It changes back
/// only from a comma that was a guess.
fn revised(forms: &[Form], tallies: &[Tally], said: &CsvSettings, all: bool) -> Vec<Form> {
    let revise = |(form, tally): (&Form, &Tally)| {
        let has_point = tally.written(Signs::DECIDED_DECIMAL) > 0 || !all && tally.is_broken();
        let other_decimal = tally.written(Signs::OTHER_DECIMAL) > 0 && !has_point;
        let was_wrong = form.is_guess && other_decimal;
        let other_order = tally.written(Signs::OTHER_ORDER) > 0 && tally.written(Signs::DECIDED_ORDER) == 0;
        Form {
            comma: !was_wrong && (form.comma || other_decimal && said.decimal_comma.is_none()),
            month_first: form.month_first || other_order && said.month_first.is_none(),
            is_guess: form.is_guess && !was_wrong,
        }
    };
    forms.iter().zip(tallies).map(revise).collect()
}
