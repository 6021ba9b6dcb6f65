//! Reads the manifest of a version, with what it holds for the model card.

use evergreen_lifecycle::ports::{ArtifactReadError, Artifacts, Unavailable};
use evergreen_lifecycle::{Label, Manifest, Version};
use serde::Deserialize;

use crate::ports::ConsoleWorld;

/// A manifest with the curves and histograms beside it.
#[derive(Debug, Clone)]
pub(super) struct Evidence {
    pub(super) manifest: Manifest,
    pub(super) curves: Option<StoredCurves>,
}

/// The curves in a manifest.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub(super) struct StoredCurves {
    pub(super) roc: Vec<StoredCurve>,
    pub(super) precision_recall: Vec<StoredCurve>,
    pub(super) calibration: Vec<StoredBin>,
    pub(super) residuals: Vec<StoredRange>,
}

/// A curve of one class.
#[derive(Debug, Clone, Deserialize)]
pub(super) struct StoredCurve {
    pub(super) label: Label,
    pub(super) points: Vec<[f64; 2]>,
}

/// A bin of a calibration curve.
#[derive(Debug, Clone, Copy, Deserialize)]
pub(super) struct StoredBin {
    pub(super) mean_probability: f64,
    pub(super) observed: f64,
    pub(super) rows: u64,
}

/// A bin of a histogram.
#[derive(Debug, Clone, Copy, Deserialize)]
pub(super) struct StoredRange {
    pub(super) from: f64,
    pub(super) to: f64,
    pub(super) rows: u64,
}

#[derive(Deserialize)]
struct Beside {
    #[serde(default)]
    curves: Option<StoredCurves>,
}

/// Reads the manifest of a version. The error says why there is none, as a sentence.
pub(super) async fn read<W: ConsoleWorld>(
    world: &W,
    version: &Version,
) -> Result<Result<Evidence, String>, Unavailable> {
    match world.artifacts().get(&version.manifest_key).await {
        Ok(bytes) => Ok(parse(&bytes)),
        Err(ArtifactReadError::NotFound(_)) => {
            Ok(Err("The manifest is no longer in the bucket, so only the registry's facts are shown.".to_owned()))
        }
        Err(ArtifactReadError::Unavailable(error)) => Err(error),
    }
}

/// Parses the bytes of a manifest.
fn parse(bytes: &[u8]) -> Result<Evidence, String> {
    let unreadable = |_| "This release cannot read the manifest, so only the registry's facts are shown.".to_owned();
    let manifest: Manifest = serde_json::from_slice(bytes).map_err(unreadable)?;
    // The curves are evidence, not facts that anything depends on. If they cannot be read, the card has none.
    let curves = serde_json::from_slice::<Beside>(bytes).ok().and_then(|beside| beside.curves);
    Ok(Evidence { manifest, curves })
}
