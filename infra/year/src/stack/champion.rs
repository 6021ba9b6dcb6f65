//! The champion of the simulated stack: its versions, and its files in the bucket and the registry.

use evergreen_lifecycle::digest::sha256_hex;
use evergreen_lifecycle::{Actor, ActorKind, Artifact, Champion, Column, Decision, ModelName, Signature, Version};
use evergreen_scoring::{
    Aggregate, ArtifactMetadata, Encoding, Ensemble, LabelRule, Link, Node, Pipeline, PipelineParts, Predictor,
    Preprocessing, Tree, Weight, encode,
};
use evergreen_testkit::{evaluation, version};

use super::{Stack, YearError};
use crate::holdout::ModelSkill;

// The averages of seven days need no more, with one promotion a day.
/// Number of champions that the simulated registry remembers.
const REMEMBERED: usize = 12;

/// The model file that every version of the year has.
#[derive(Debug)]
pub(super) struct ChampionFile {
    bytes: Vec<u8>,
    sha256: String,
}

impl ChampionFile {
    /// Writes the smallest possible model: one column, and one tree with one leaf.
    pub(super) fn new(model: &ModelName) -> Result<Self, YearError> {
        let leaf = Node::Leaf(vec![Weight { output: 0, weight: 1.0 }]);
        let trees = vec![Tree { nodes: vec![leaf] }];
        let encodings = vec![Encoding::Value { fill: 0.0, indicator: false }];
        let parts = PipelineParts {
            preprocessing: Preprocessing { encodings, statistics: Vec::new(), scaler: None },
            predictor: Predictor::Trees(Ensemble { trees, aggregate: Aggregate::Sum, base: vec![0.0] }),
            link: Link::Identity,
            calibration: None,
            rule: LabelRule::default(),
            interval: None,
        };
        let wrong = |error: &dyn std::fmt::Display| YearError::Model(error.to_string());
        let signature = Signature::regression(vec![Column::number("x")]).map_err(|error| wrong(&error))?;
        let pipeline = Pipeline::new(signature, parts).map_err(|error| wrong(&error))?;
        let bytes = encode(&pipeline, &ArtifactMetadata::named(model.as_str()));
        Ok(Self { sha256: sha256_hex(&bytes), bytes })
    }
}

impl Stack<'_> {
    /// Returns a version with the gate's decision.
    pub(super) fn version(&self, number: u32, decision: Decision, minute: u32) -> Version {
        let version = version(number, decision.score, self.calendar.at(minute));
        let artifact = Artifact {
            key: version.artifact.key,
            sha256: self.file.sha256.clone(),
            size: self.file.bytes.len() as u64,
        };
        Version { artifact, evaluation: evaluation(decision.score), decision, ..version }
    }

    /// Makes a version the champion, and stores its files.
    pub(super) fn promote(&mut self, version: Version, skill: ModelSkill, by_hand: bool, minute: u32) {
        let mut state = self.memory.state();
        let before = state.champions.last();
        let mut champion = Champion::succeeding(before, version, self.calendar.at(minute));
        if by_hand {
            let actor = Actor::new(ActorKind::Iam, "arn:aws:iam::123456789012:role/admin");
            champion = champion.promoted_by(actor, None);
        }
        let kept: Vec<String> = before.map(|before| before.version.artifact.key.clone()).into_iter().collect();
        state.objects.retain(|key, _| kept.contains(key));
        state.objects.insert(champion.version.artifact.key.clone(), self.file.bytes.clone());
        state.move_pointer(&champion, Some(&self.file.bytes));
        let surplus = state.champions.len().saturating_sub(REMEMBERED);
        state.champions.drain(..surplus);
        drop(state);
        self.trainings.champion = Some(skill);
    }

    /// Makes the previous champion the champion again.
    pub(super) fn go_back(&mut self, skill: Option<ModelSkill>, minute: u32) {
        let before = self.memory.state().champions.iter().rev().nth(1).map(|champion| champion.version.clone());
        if let Some((version, skill)) = before.zip(skill) {
            self.promote(version, skill, true, minute);
        }
    }

    /// Changes the bucket's object of the champion, or restores it.
    pub(super) fn store_object(&self, is_sound: bool) {
        let mut state = self.memory.state();
        let Some(key) = state.champions.last().map(|champion| champion.version.artifact.key.clone()) else { return };
        let bytes = if is_sound { self.file.bytes.clone() } else { b"damaged".to_vec() };
        state.objects.insert(key, bytes);
    }
}
