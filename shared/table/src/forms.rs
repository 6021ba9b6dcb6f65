//! How the texts of each column are written, told over the whole table.

use super::TableError;
use super::cell::Form;
use super::marks::Marks;
use super::odd_rows::OddRows;
use super::parts::Parts;
use super::signs::Signs;
use super::survey::{Survey, Tally, Way};
use crate::settings::CsvSettings;

/// What is in the columns, and how they are read.
pub(super) struct Surveyed {
    pub(super) tallies: Vec<Tally>,
    pub(super) forms: Vec<Form>,
    /// Rows of each file, by its index.
    pub(super) rows: std::collections::BTreeMap<u32, u64>,
    pub(super) odd: OddRows,
}

/// Surveys all files. The forms of columns are told by a glance first; where the whole says otherwise, it is read again.
pub(super) fn survey(parts: &Parts, said: &CsvSettings, marks: &Marks) -> Result<Surveyed, TableError> {
    let mut forms = glanced(parts, said, marks);
    loop {
        let new = || Survey::new(Way { forms: &forms, marks, all_signs: false });
        let (tallies, rows, mut odd) = parts.read(new(), new)?.finish();
        let revised = revised(&forms, &tallies, said, false);
        if revised == forms {
            parts.totals().into_iter().for_each(|at| odd.add(at, crate::odd_rows::OddRow::Total));
            return Ok(Surveyed { tallies, forms, rows, odd });
        }
        forms = revised;
    }
}

/// The forms by some rows of each file. What one column decides holds for others that decide nothing.
fn glanced(parts: &Parts, said: &CsvSettings, marks: &Marks) -> Vec<Form> {
    let first = Form { comma: said.decimal_comma.unwrap_or(false), month_first: said.month_first.unwrap_or(false) };
    let forms = vec![first; parts.names.len()];
    if !parts.has_text() {
        return forms;
    }
    let glance = |forms: &[Form]| parts.glance(Survey::new(Way { forms, marks, all_signs: true })).finish().0;
    let forms = revised(&forms, &glance(&forms), said, true);
    let tallies = glance(&forms);
    let decides = |sign: Signs, of: fn(&Form) -> bool, is: bool| {
        forms.iter().zip(&tallies).any(|(form, tally)| of(form) == is && tally.written(sign) > 0)
    };
    let comma = |form: &Form| form.comma;
    let month = |form: &Form| form.month_first;
    let all_comma = decides(Signs::DECIDED_DECIMAL, comma, true) && !decides(Signs::DECIDED_DECIMAL, comma, false);
    let all_month = decides(Signs::DECIDED_ORDER, month, true) && !decides(Signs::DECIDED_ORDER, month, false);
    let follow = |form: &Form| Form {
        comma: form.comma || all_comma && said.decimal_comma.is_none(),
        month_first: form.month_first || all_month && said.month_first.is_none(),
    };
    forms.iter().map(follow).collect()
}

/// The forms, but the other one for a column in which nothing speaks for the present one and something for that. A point in a
/// plain number speaks for the point; unless `all` numbers told how they are written, a number that is not whole stands for
/// it. A column goes over to the comma or to the month once only.
fn revised(forms: &[Form], tallies: &[Tally], said: &CsvSettings, all: bool) -> Vec<Form> {
    let revise = |(form, tally): (&Form, &Tally)| {
        let has_point = tally.written(Signs::DECIDED_DECIMAL) > 0 || !all && tally.is_broken();
        let other_decimal = tally.written(Signs::OTHER_DECIMAL) > 0 && !has_point;
        let other_order = tally.written(Signs::OTHER_ORDER) > 0 && tally.written(Signs::DECIDED_ORDER) == 0;
        Form {
            comma: form.comma || other_decimal && said.decimal_comma.is_none(),
            month_first: form.month_first || other_order && said.month_first.is_none(),
        }
    };
    forms.iter().zip(tallies).map(revise).collect()
}
