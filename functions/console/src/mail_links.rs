//! Links of mails: one thing, once, without a session.
//!
//! A GET shows what will happen and changes nothing, because programs that check mails open every link. The button's POST
//! acts. The same transaction marks the link as used, so it acts once at most, however often the button is pressed.

use evergreen_http::Problem;
use evergreen_lifecycle::mail_link::{MailLink, MailLinkFacts, MailLinkObstacle, MailedAction};
use evergreen_lifecycle::ports::{AlarmCondition, AlarmStates, MailLinks, Runs, Steering};
use evergreen_lifecycle::{RunStatus, time};
use jiff::SignedDuration;

use crate::console::Console;
use crate::ports::ConsoleWorld;
use crate::reply::read;
use crate::steering::{By, MuteUntil, TrainingOrder};
use crate::token;

/// Number of newest runs among which the one in progress is looked for.
const RUNS: u32 = 10;

/// A link of a mail, and what is known about its effect.
#[derive(Debug, Clone, PartialEq)]
pub struct OpenedMailLink {
    /// The link.
    pub link: MailLink,
    /// Why the link does not act. `None`: its button would act.
    pub obstacle: Option<MailLinkObstacle>,
    /// Whether the alarm of the mail is OK again. `None` if CloudWatch does not say it.
    pub is_over: Option<bool>,
}

impl<W: ConsoleWorld> Console<W> {
    /// Returns the link of a mail with this token, and what it would do now. `None` if there is no such link, or if it was
    /// revoked. Changes nothing.
    ///
    /// # Errors
    /// A 503 [`Problem`] if the registry does not answer.
    pub async fn mail_link(&self, token: &str) -> Result<Option<OpenedMailLink>, Problem> {
        let Some(link) = read(self.world.registry().mail_link(&token::hash(token))).await? else { return Ok(None) };
        let facts = self.facts_about(&link).await?;
        let obstacle = link.obstacle(&facts, self.now());
        let is_over = self.is_over(&link.alarm).await;
        Ok(Some(OpenedMailLink { link, obstacle, is_over }))
    }

    /// Does what the link of a mail with this token says, and marks it as used. Returns the link as it was before, and why
    /// it did not act, if so. `None` as above.
    ///
    /// # Errors
    /// A [`Problem`] of the change, such as 409 if something else changed meanwhile.
    pub async fn act_by_mail(&self, token: &str) -> Result<Option<OpenedMailLink>, Problem> {
        let Some(opened) = self.mail_link(token).await? else { return Ok(None) };
        if opened.obstacle.is_some() {
            return Ok(Some(opened));
        }
        let link = &opened.link;
        let by = By { actor: link.actor(), key: None, seen: None, mail_link: Some(token::hash(token)) };
        let reason = link.reason();
        match link.action {
            MailedAction::Train => {
                self.train(&by, TrainingOrder { note: Some(reason), ..TrainingOrder::default() }).await?;
            }
            MailedAction::RollBack { to, seen_revision } => {
                self.return_to(&by, to, seen_revision, reason).await?;
            }
            MailedAction::Mute { hours } => {
                let until = self.now() + SignedDuration::from_hours(i64::from(hours));
                self.mute(&by, &link.alarm, MuteUntil { until: time::format(until), reason }).await?;
            }
        }
        Ok(Some(opened))
    }

    /// Reads what decides whether the link can act.
    async fn facts_about(&self, link: &MailLink) -> Result<MailLinkFacts, Problem> {
        let mut facts = MailLinkFacts::default();
        match link.action {
            MailedAction::Train => {
                let runs = read(self.world.registry().recent_runs(RUNS)).await?;
                let running = |run: &&evergreen_lifecycle::Run| run.status_at(self.now()) == RunStatus::Running;
                facts.running = runs.iter().flatten().find(running).map(|run| run.id.clone());
            }
            MailedAction::RollBack { .. } => {
                facts.champion = self.pointer().await?.map(|pointer| (pointer.revision, pointer.number));
            }
            MailedAction::Mute { .. } => {
                let mutes = read(self.world.registry().mutes(self.now())).await?;
                facts.muted_until = mutes.iter().find(|mute| mute.alarm == link.alarm).map(|mute| mute.until);
            }
        }
        Ok(facts)
    }

    async fn is_over(&self, alarm: &str) -> Option<bool> {
        let states = self.world.alarms().alarm_states().await.ok()?;
        let state = states.into_iter().find(|state| state.name == alarm)?;
        Some(state.condition == AlarmCondition::Ok)
    }
}
