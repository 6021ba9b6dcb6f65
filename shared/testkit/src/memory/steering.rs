//! Test fake of the changes that people make, and of what the changes leave in the registry.

use evergreen_lifecycle::ports::{AliasLookup, ChangeError, MAX_ALIASES, Reactions, Steering, Unavailable};
use evergreen_lifecycle::reaction::ReactionLog;
use evergreen_lifecycle::{
    Alias, AliasName, Annotations, AuditEntry, Champion, Change, Edit, MadeChange, Mute, PROTECTED_CHAMPIONS,
    Protection, RequestKey, RunState, Verification, VersionNumber,
};
use jiff::Timestamp;

use super::{Memory, MemoryState};

impl Steering for Memory {
    async fn apply(&self, change: &Change) -> Result<(), ChangeError> {
        let mut state = self.reach_for("registry", "apply")?;
        let rival = state.rival.take();
        state.champions.extend(rival);
        if state.audit.contains(&change.entry) {
            return Ok(());
        }
        if let Some(made) = change.key.as_ref().and_then(|key| state.keys.get(&key.key)) {
            return Err(ChangeError::Repeated(Box::new(made.clone())));
        }
        change.edits.iter().try_for_each(|edit| state.check(edit))?;
        change.edits.iter().for_each(|edit| state.perform(edit));
        state.audit.push(change.entry.clone());
        state.keep(&change.announcements);
        if let Some(RequestKey { key, request }) = &change.key {
            let made = MadeChange { entry: change.entry.clone(), request: Some(request.clone()) };
            state.keys.insert(key.clone(), made);
        }
        drop(state);
        self.answer("apply", ())
    }

    async fn made_with(&self, key: &str, _now: Timestamp) -> Result<Option<MadeChange>, Unavailable> {
        Ok(self.reach("registry")?.keys.get(key).cloned())
    }

    async fn aliases(&self) -> Result<Vec<Alias>, Unavailable> {
        Ok(self.reach("registry")?.aliases.values().cloned().collect())
    }

    async fn annotations(&self, version: VersionNumber) -> Result<Annotations, Unavailable> {
        Ok(self.reach("registry")?.annotations.get(&version).cloned().unwrap_or_default())
    }

    async fn audit(&self, before: Option<Timestamp>, limit: u32) -> Result<Vec<AuditEntry>, Unavailable> {
        let state = self.reach("registry")?;
        let earlier = |entry: &&AuditEntry| before.is_none_or(|before| entry.at < before);
        let mut entries: Vec<_> = state.audit.iter().filter(earlier).cloned().collect();
        entries.sort_by(|a, b| (b.at, &b.id).cmp(&(a.at, &a.id)));
        entries.truncate(limit as usize);
        Ok(entries)
    }

    async fn audit_entry(&self, at: Timestamp, id: &str) -> Result<Option<AuditEntry>, Unavailable> {
        let state = self.reach("registry")?;
        Ok(state.audit.iter().find(|entry| entry.at == at && entry.id == id).cloned())
    }

    async fn audit_after(&self, after: Timestamp, limit: u32) -> Result<Vec<AuditEntry>, Unavailable> {
        let state = self.reach("registry")?;
        let mut entries: Vec<_> = state.audit.iter().filter(|entry| after < entry.at).cloned().collect();
        entries.sort_by(|a, b| (a.at, &a.id).cmp(&(b.at, &b.id)));
        entries.truncate(limit as usize);
        Ok(entries)
    }

    async fn verifications(&self, version: VersionNumber, limit: u32) -> Result<Vec<Verification>, Unavailable> {
        let state = self.reach("registry")?;
        let newest = state.verifications.iter().rev().filter(|verification| verification.version == version);
        Ok(newest.take(limit as usize).cloned().collect())
    }

    async fn mutes(&self, now: Timestamp) -> Result<Vec<Mute>, Unavailable> {
        Ok(self.reach("registry")?.mutes.values().filter(|mute| now < mute.until).cloned().collect())
    }
}

fn unless(holds: bool, what: impl Into<String>) -> Result<(), ChangeError> {
    if holds { Ok(()) } else { Err(ChangeError::Conflict(what.into())) }
}

impl AliasLookup for Memory {
    async fn alias(&self, name: &AliasName) -> Result<Option<Alias>, Unavailable> {
        Ok(self.reach("registry")?.aliases.get(name).cloned())
    }
}

impl Reactions for Memory {
    async fn reactions(&self) -> Result<ReactionLog, Unavailable> {
        Ok(self.reach("registry")?.reactions.clone())
    }
}

impl MemoryState {
    /// Returns an error if the condition of `edit` is false.
    fn check(&self, edit: &Edit) -> Result<(), ChangeError> {
        match edit {
            Edit::Promote { champion, seen_revision, .. } => {
                self.is_registered(champion.version.number)?;
                unless(self.revision() == *seen_revision && self.is_free(champion), "the champion")
            }
            Edit::SetAlias { alias, seen_revision } => self.check_alias(alias, *seen_revision),
            Edit::RemoveAlias { seen } => {
                unless(self.aliases.get(&seen.name) == Some(seen), format!("the alias {}", seen.name))
            }
            Edit::Annotate { version, annotations } => {
                self.is_registered(*version)?;
                let stored = self.annotations.get(version).map_or(0, |stored| stored.revision);
                unless(stored + 1 == annotations.revision, format!("what people wrote about version {version}"))
            }
            Edit::RemoveVersion { version, seen_revision } => self.check_removal(*version, *seen_revision),
            Edit::RemoveRun(id) => {
                let is_running = self.runs.get(id).is_some_and(|run| run.state == RunState::Running);
                unless(!is_running, format!("run {id}"))
            }
            Edit::UseMailLink { hash, at } => {
                let link = self.mail_links.get(hash);
                unless(link.is_some_and(|link| link.used_at.is_none() && *at < link.usable_until), "the link")
            }
            Edit::SetRollout(rollout) => {
                if rollout.end.is_none() {
                    self.is_registered(rollout.challenger.number)?;
                }
                self.check_rollout(rollout)
            }
            Edit::React(log) => unless(self.reactions.revision + 1 == log.revision, "the log of reactions"),
            Edit::Mute(_) | Edit::Unmute(_) | Edit::Verified(_) => Ok(()),
        }
    }

    fn is_registered(&self, version: VersionNumber) -> Result<(), ChangeError> {
        unless(self.versions.contains_key(&version), format!("version {version}"))
    }

    /// Returns whether no former champion has the revision (number of promotions) of `champion`.
    fn is_free(&self, champion: &Champion) -> bool {
        self.champions.iter().chain(&self.former).all(|former| former.revision != champion.revision)
    }

    fn check_alias(&self, alias: &Alias, seen_revision: u32) -> Result<(), ChangeError> {
        self.is_registered(alias.version)?;
        let stored = self.aliases.get(&alias.name).map_or(0, |stored| stored.revision);
        unless(stored == seen_revision, format!("the alias {}", alias.name))?;
        let has_room = stored > 0 || self.aliases.len() < MAX_ALIASES;
        if has_room { Ok(()) } else { Err(ChangeError::TooManyAliases) }
    }

    fn check_removal(&self, version: VersionNumber, seen_revision: u32) -> Result<(), ChangeError> {
        self.is_registered(version)?;
        unless(self.revision() == seen_revision, "the champion")?;
        let newest = self.champions.iter().rev().take(PROTECTED_CHAMPIONS as usize);
        let champions: Vec<_> = newest.map(|champion| champion.version.number).collect();
        let aliases: Vec<_> = self.aliases.values().cloned().collect();
        let annotations = self.annotations.get(&version).cloned().unwrap_or_default();
        let rollout = self.rollout.as_ref().filter(|rollout| rollout.runs_beside(seen_revision));
        let challenger = rollout.map(|rollout| rollout.challenger.number);
        match Protection::of(version, &champions, challenger, &aliases, &annotations) {
            Some(protection) => Err(ChangeError::Protected { version, protection }),
            None => Ok(()),
        }
    }

    fn perform(&mut self, edit: &Edit) {
        match edit {
            Edit::Promote { champion, artifact, .. } => {
                self.keep_version(champion.version.number);
                self.move_pointer(champion, Some(artifact));
            }
            Edit::SetAlias { alias, .. } => {
                self.keep_version(alias.version);
                self.aliases.insert(alias.name.clone(), alias.clone());
            }
            Edit::RemoveAlias { seen } => {
                self.aliases.remove(&seen.name);
            }
            Edit::Annotate { version, annotations } => {
                if annotations.tags.contains_key(evergreen_lifecycle::PIN) {
                    self.keep_version(*version);
                }
                self.annotations.insert(*version, annotations.clone());
            }
            Edit::RemoveVersion { version, .. } => {
                self.versions.remove(version);
                self.annotations.remove(version);
            }
            Edit::RemoveRun(id) => {
                self.runs.remove(id);
            }
            Edit::SetRollout(rollout) => self.rollout = Some((**rollout).clone()),
            Edit::Mute(mute) => {
                self.mutes.insert(mute.alarm.clone(), mute.clone());
            }
            Edit::Verified(verification) => self.verifications.push((**verification).clone()),
            Edit::React(log) => self.reactions = (**log).clone(),
            Edit::Unmute(alarm) => {
                self.mutes.remove(alarm);
            }
            Edit::UseMailLink { hash, at } => {
                if let Some(link) = self.mail_links.get_mut(hash) {
                    link.used_at = Some(*at);
                }
            }
        }
    }

    /// Protects the records of a version and of its run from the deletion after some days.
    fn keep_version(&mut self, version: VersionNumber) {
        let run = self.versions.get(&version).map(|version| format!("run {}", version.run_id));
        for name in run.into_iter().chain([format!("version {version}")]) {
            self.forgotten.remove(&name);
            self.kept.insert(name);
        }
    }
}
