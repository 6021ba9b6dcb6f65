//! The last comparison of a new version with the champion, as a table of the mail.

use evergreen_lifecycle::ports::Versions;
use evergreen_lifecycle::{Decision, MeanLoss, VersionNumber};

use crate::quantity::number;
use crate::{Alarm, AlarmKind, AlarmState, Knowledge};

/// The gate's comparison of a new version with the champion, as text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Contest {
    /// The new version, such as `Version 8`.
    pub challenger: String,
    /// The version that was the champion then.
    pub champion: String,
    /// Name, value of the new version and value of the champion.
    pub rows: Vec<(String, String, String)>,
    /// The gate's decision as a sentence.
    pub verdict: String,
}

impl Contest {
    /// Returns the newest comparison, if the mail is about how good versions are. `None` if there was none, or if the
    /// registry does not answer.
    pub(crate) async fn of(alarm: &Alarm, knowledge: &Knowledge, registry: &impl Versions) -> Option<Self> {
        let concerns = matches!(
            alarm.kind,
            AlarmKind::AccuracyLow | AlarmKind::ChampionTooOld | AlarmKind::DataDrifted | AlarmKind::VersionsRefused
        );
        if alarm.state != AlarmState::Alarm || !concerns {
            return None;
        }
        let newest = registry.newest_version().await.ok().flatten()?;
        if let Some(champion) = knowledge.champion().filter(|champion| champion.version.number == newest) {
            return Self::told(newest, &champion.version.decision);
        }
        let version = registry.version(newest).await.ok().flatten()?.ok()?;
        Self::told(newest, &version.decision)
    }

    /// Returns the comparison as text. `None` if no champion was compared.
    fn told(challenger: VersionNumber, decision: &Decision) -> Option<Self> {
        let (champion, score) = (decision.champion_version?, decision.champion_score?);
        let verdict = if decision.promotes() { "promoted" } else { "refused" };
        let mut rows = vec![(capital(&decision.metric.to_string()), number(decision.score), number(score))];
        if let (Some(own), Some(other)) = (decision.loss, decision.champion_loss) {
            let error = |loss: MeanLoss| number(loss.standard_error);
            rows.push(("Standard error of the loss".to_owned(), error(own), error(other)));
        }
        Some(Self {
            challenger: format!("Version {challenger}"),
            champion: format!("Version {champion}"),
            rows,
            verdict: format!("Version {challenger} was {verdict}: {decision}."),
        })
    }
}

fn capital(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}
