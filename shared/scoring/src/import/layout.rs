//! Maps the features of an imported ONNX file to the features of the pipeline (our model), which have a fixed order.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use evergreen_lifecycle::{Column, ColumnKind, Signature, is_missing};

use super::error::{ImportError, short};
use super::features::{MAX_TEXTS, too_many_texts};
use super::texts;
use super::value::{Feature, FeatureList, FeatureSource};
use crate::graph::KnownTexts;
use crate::pipeline::{Encoding, Preprocessing, Scaler};

/// Step of the ONNX import: how the features of the file become the features of the pipeline (our model).
pub(super) struct FeatureLayout {
    /// Columns of the table that the imported file uses, in the table's order.
    pub(super) columns: Vec<Column>,
    pub(super) preprocessing: Preprocessing,
    /// For each feature of the imported ONNX file, the index of the same feature in the pipeline (our model).
    pub(super) places: Vec<u32>,
    /// Whether the pipeline's scaler gives exactly the same features as the file. `false`: rounding may differ.
    pub(super) exact: bool,
    /// Differences between the pipeline and the imported file, as sentences for the user.
    pub(super) warnings: Vec<String>,
}

// `Value`: a number, with the constant for missing values (`None` if the file does not replace them). `Texts`: a
// category, with the known texts. `missing`: missing values are known too. `lenient`: unknown texts are accepted.
/// How an imported ONNX file uses a column of the table: as a number or as a category.
enum Use {
    Value(Option<f32>),
    Texts { known: BTreeSet<String>, missing: bool, lenient: bool },
}

pub(super) fn of(
    features: &FeatureList,
    table: &Signature,
    known: &HashMap<usize, KnownTexts>,
) -> Result<FeatureLayout, ImportError> {
    let mut columns = Vec::new();
    let mut encodings = Vec::new();
    let mut warnings = Vec::new();
    let mut index = Index::default();
    let uses = uses(&features.list, table)?;
    for (&column, _) in uses.iter().filter(|(_, found)| matches!(found, Use::Value(_))) {
        index.add(column, None);
    }
    for (&at, found) in &uses {
        let Some(column) = table.columns().get(at) else { continue };
        let (column, encoding) = encode(column, found)?;
        if let Use::Texts { known, missing, .. } = found {
            known.iter().for_each(|text| index.add(at, Some(text.clone())));
            if *missing {
                index.add(at, Some(String::new()));
            }
        }
        warnings.extend(unknown(table, at, known)?);
        columns.push(column);
        encodings.push(encoding);
    }
    let places = features.list.iter().map(|feature| index.find(feature)).collect::<Option<Vec<_>>>();
    let places = places.ok_or(ImportError::NoPrediction)?;
    let (scaler, exact) = scaler(&features.list, &places, index.0.len(), table)?;
    let preprocessing = Preprocessing { encodings, statistics: Vec::new(), scaler };
    Ok(FeatureLayout { columns, preprocessing, places, exact, warnings })
}

// An empty text is the feature that is 1 for missing values.
/// Map from a table column and a category text to the index of the pipeline's feature. A numeric column has the text
/// `None`.
#[derive(Default)]
struct Index(BTreeMap<(usize, Option<String>), u32>);

impl Index {
    fn add(&mut self, column: usize, text: Option<String>) {
        let next = self.0.len() as u32;
        self.0.insert((column, text), next);
    }

    fn find(&self, feature: &Feature) -> Option<u32> {
        let text = match &feature.source {
            FeatureSource::Value(_) => None,
            FeatureSource::Text { text, .. } if is_missing(text) => Some(String::new()),
            FeatureSource::Text { text, .. } => Some(text.to_string()),
        };
        self.0.get(&(feature.source.column(), text)).copied()
    }
}

fn uses(features: &[Feature], table: &Signature) -> Result<BTreeMap<usize, Use>, ImportError> {
    let mut uses = BTreeMap::new();
    for feature in features {
        let column = feature.source.column();
        let twice = || ImportError::Twice(name(table, column));
        match &feature.source {
            FeatureSource::Value(_) => match uses.entry(column).or_insert(Use::Value(feature.fill)) {
                Use::Value(fill) if *fill == feature.fill => {}
                _ => return Err(twice()),
            },
            FeatureSource::Text { text, lenient, .. } => {
                let empty = Use::Texts { known: BTreeSet::new(), missing: false, lenient: *lenient };
                let Use::Texts { known, missing, lenient: all } = uses.entry(column).or_insert(empty) else {
                    return Err(twice());
                };
                *all &= *lenient;
                if is_missing(text) {
                    *missing = true;
                } else {
                    known.insert(text.to_string());
                }
            }
        }
    }
    Ok(uses)
}

fn name(table: &Signature, column: usize) -> String {
    debug_assert!(column < table.columns().len(), "features come from columns of the table");
    table.columns().get(column).map(|column| column.name.clone()).unwrap_or_default()
}

fn encode(column: &Column, found: &Use) -> Result<(Column, Encoding), ImportError> {
    let missing = || Err(ImportError::Missing(column.name.clone()));
    match found {
        // The interpreter turns a date into the seconds that a file expects.
        Use::Value(_) if matches!(column.kind, ColumnKind::Timestamp { .. }) => {
            Err(ImportError::usage("Input", "it takes a date, which only the general interpreter computes"))
        }
        Use::Value(None) if column.nullable => missing(),
        Use::Value(fill) => {
            let encoding = Encoding::Value { fill: fill.unwrap_or(0.0), indicator: false };
            Ok((Column { nullable: fill.is_some(), ..column.clone() }, encoding))
        }
        Use::Texts { missing: false, lenient: false, .. } if column.nullable => missing(),
        Use::Texts { known, .. } if known.len() > MAX_TEXTS => {
            let problem = format!("column {:?} has {}", short(&column.name), too_many_texts(known.len()));
            Err(ImportError::attribute("OneHotEncoder", "cats_strings", problem))
        }
        Use::Texts { known, missing, .. } => {
            let count = u32::try_from(known.len()).unwrap_or(u32::MAX);
            let encoding = Encoding::OneHot { categories: count, indicator: *missing };
            let kind = ColumnKind::Category { categories: known.iter().cloned().collect(), rare: rare(column, known) };
            Ok((Column { name: column.name.clone(), kind, nullable: column.nullable || *missing }, encoding))
        }
    }
}

/// Returns a warning for the user if the table has category texts that no encoder of the imported file knows.
fn unknown(table: &Signature, at: usize, known: &HashMap<usize, KnownTexts>) -> Result<Option<String>, ImportError> {
    let Some((column, known)) = table.columns().get(at).zip(known.get(&at)) else { return Ok(None) };
    texts::compared(column, &texts::trimmed(known.texts.iter().map(String::as_str)).into_keys().collect())
}

/// Returns the category texts of a table column that the imported file does not know.
fn rare(column: &Column, known: &BTreeSet<String>) -> Vec<String> {
    let ColumnKind::Category { categories, rare } = &column.kind else { return Vec::new() };
    let texts: BTreeSet<_> = categories.iter().chain(rare).filter(|text| !known.contains(*text)).cloned().collect();
    texts.into_iter().collect()
}

/// Combines the scalings of all imported features in one scaler. `None`: no feature is scaled.
fn scaler(
    features: &[Feature],
    places: &[u32],
    count: usize,
    table: &Signature,
) -> Result<(Option<Scaler>, bool), ImportError> {
    // Also returns whether this scaler gives exactly the same features as the file's operators. Otherwise they may
    // differ by rounding.
    if features.iter().all(Feature::is_plain) {
        return Ok((None, true));
    }
    let mut chosen: Vec<Option<(f64, f64)>> = vec![None; count];
    for (feature, place) in features.iter().zip(places) {
        let scaling = (feature.offset, feature.scale);
        if let Some(slot) = chosen.get_mut(*place as usize) {
            if slot.is_some_and(|other| other != scaling) {
                return Err(ImportError::Twice(name(table, feature.source.column())));
            }
            *slot = Some(scaling);
        }
    }
    let scalings = chosen.into_iter().map(|scaling| scaling.unwrap_or((0.0, 1.0)));
    let (offset, scale) = scalings.map(|(offset, scale)| (offset as f32, scale as f32)).unzip();
    Ok((Some(Scaler { offset, scale }), features.iter().all(|feature| feature.exact)))
}
