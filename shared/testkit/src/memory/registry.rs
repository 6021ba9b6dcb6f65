//! Test fake of the model registry: training runs, model versions, champions, and the deletion of records.

use evergreen_lifecycle::ports::{
    Champions, Expiry, Opening, PromoteError, Promotion, RecordRetention, RegisterError, Registrar, Registration,
    RunProgress, RunWriteError, Runs, Unavailable, Versions, WithCopy,
};
use evergreen_lifecycle::{Announcement, Pointer, Progress, Record, Run, RunId, RunState, Version, VersionNumber};
use jiff::Timestamp;

use super::{Memory, MemoryState, journal};

impl Runs for Memory {
    async fn run(&self, id: &RunId) -> Result<Option<Record<Run>>, Unavailable> {
        let state = self.reach("registry")?;
        let key = format!("RUN#{id}");
        let odd = state.unreadable_runs.iter().find(|run| run.key == key).cloned().map(Err);
        Ok(odd.or_else(|| state.runs.get(id).cloned().map(Ok)))
    }

    async fn recent_runs(&self, limit: u32) -> Result<Vec<Record<Run>>, Unavailable> {
        let state = self.reach("registry")?;
        let odd = state.unreadable_runs.iter().cloned().map(Err);
        let mut runs: Vec<Record<Run>> = state.runs.values().cloned().map(Ok).chain(odd).collect();
        runs.sort_by_key(|run| std::cmp::Reverse(started_at(run)));
        runs.truncate(limit as usize);
        Ok(runs)
    }
}

impl RunProgress for Memory {
    async fn report(&self, run: &Run, progress: &Progress) -> Result<(), Unavailable> {
        let mut state = self.reach("progress")?;
        if is_at_work(&state, run)
            && let Some(stored) = state.runs.get_mut(&run.id)
        {
            stored.progress = Some(progress.clone());
        }
        Ok(())
    }
}

fn started_at(run: &Record<Run>) -> Option<Timestamp> {
    match run {
        Ok(run) => Some(run.started_at),
        Err(record) => record.moment("started_at"),
    }
}

impl Registrar for Memory {
    async fn open(&self, Opening { run, former, lost }: &Opening<'_>) -> Result<(), RunWriteError> {
        let mut state = self.reach_for("registry", "open")?;
        if state.runs.get(&run.id) == Some(*run) {
            return Ok(());
        }
        let follows = match state.runs.get(&run.id) {
            Some(stored) => stored.attempt + 1 == run.attempt && stored.version().is_none(),
            None => run.attempt == 1,
        };
        if !follows {
            return Err(RunWriteError::Conflict(run.id.clone()));
        }
        state.runs.insert(run.id.clone(), (*run).clone());
        if let Some(former) = former {
            state.forget_loss(former);
        }
        state.keep(std::slice::from_ref(lost));
        state.note(std::slice::from_ref(lost), vec![journal::run(run)]);
        Ok(())
    }

    async fn fail(&self, run: &Run, announcements: &[Announcement]) -> Result<(), RunWriteError> {
        let mut state = self.reach_for("registry", "fail")?;
        if state.runs.get(&run.id) == Some(run) {
            return Ok(());
        }
        if !is_at_work(&state, run) {
            return Err(RunWriteError::Conflict(run.id.clone()));
        }
        state.runs.insert(run.id.clone(), run.clone());
        state.forget_loss(run);
        state.keep(announcements);
        state.note(announcements, vec![journal::run(run)]);
        Ok(())
    }

    async fn last_registered(&self) -> Result<Option<VersionNumber>, Unavailable> {
        Ok(self.reach("registry")?.versions.keys().next_back().copied())
    }

    async fn last_revision(&self) -> Result<u32, Unavailable> {
        let state = self.reach("registry")?;
        Ok(state.champions.iter().chain(&state.former).map(|champion| champion.revision).max().unwrap_or_default())
    }

    async fn take_number(&self, above: Option<VersionNumber>) -> Result<VersionNumber, Unavailable> {
        let mut state = self.reach_for("registry", "take_number")?;
        state.last_number = state.last_number.max(above.map_or(0, VersionNumber::get)) + 1;
        VersionNumber::new(state.last_number).ok_or_else(|| Unavailable::new("taking a number", "it is 0"))
    }

    async fn register(&self, registration: &Registration) -> Result<(), RegisterError> {
        let mut state = self.reach_for("registry", "register")?;
        let rival = state.rival.take();
        state.champions.extend(rival);
        if state.runs.get(&registration.run.id) == Some(&registration.run) {
            return Ok(());
        }
        if !is_at_work(&state, &registration.run) {
            return Err(RegisterError::RunTaken(registration.run.id.clone()));
        }
        if state.revision() != registration.seen_revision {
            return Err(RegisterError::ChampionMoved);
        }
        if let Some(rollout) = &registration.rollout {
            state.check_rollout(rollout).map_err(|_| RegisterError::RolloutMoved)?;
            state.rollout = Some(rollout.clone());
        }
        state.runs.insert(registration.run.id.clone(), registration.run.clone());
        state.versions.insert(registration.version.number, registration.version.clone());
        if let Some(champion) = &registration.promotion {
            state.move_pointer(champion, registration.artifact.as_deref());
        }
        state.forget_loss(&registration.run);
        state.keep(&registration.announcements);
        let written = [journal::run(&registration.run), journal::version(&registration.version)];
        let written = written.into_iter().chain(registration.promotion.as_ref().map(journal::champion));
        state.note(&registration.announcements, written.collect());
        drop(state);
        self.answer("register", ())
    }

    async fn promote(&self, promotion: &Promotion<'_>) -> Result<(), PromoteError> {
        let mut state = self.reach_for("registry", "promote")?;
        let rival = state.rival.take();
        state.champions.extend(rival);
        if state.revision() != promotion.seen_revision {
            return Err(PromoteError::ChampionMoved);
        }
        state.move_pointer(promotion.champion, Some(promotion.artifact));
        state.keep(std::slice::from_ref(promotion.announcement));
        state.audit.push(promotion.entry.clone());
        state.note(std::slice::from_ref(promotion.announcement), vec![journal::champion(promotion.champion)]);
        drop(state);
        self.answer("promote", ())
    }
}

fn is_at_work(state: &MemoryState, run: &Run) -> bool {
    state.runs.get(&run.id).is_some_and(|stored| stored.attempt == run.attempt && stored.state == RunState::Running)
}

impl MemoryState {
    /// Returns the stored record that names the champion, or `None` if there is no such record.
    fn pointed(&self) -> Option<Record<Pointer>> {
        match &self.pointer {
            Some(pointer) => pointer.clone(),
            None => self.champions.last().cloned().map(|champion| Ok(champion.into())),
        }
    }

    /// Returns the revision (number of promotions) of the champion. 0 if its record is missing or unreadable.
    pub(super) fn revision(&self) -> u32 {
        self.pointed().and_then(Result::ok).map_or(0, |pointer| pointer.revision)
    }
}

impl Champions for Memory {
    async fn champion(&self) -> Result<Option<Record<Pointer>>, Unavailable> {
        Ok(self.reach("registry")?.pointed())
    }

    async fn champion_with_artifact(&self) -> Result<Option<WithCopy>, Unavailable> {
        drop(self.reach("copy")?);
        let mut state = self.reach("registry")?;
        let found = state.pointed().map(|pointer| (pointer, state.copy.clone()));
        if let Some(happen) = state.after_copy_is_read.take() {
            happen(&mut state);
        }
        Ok(found)
    }

    async fn recent_champions(&self, limit: u32) -> Result<Vec<Record<Pointer>>, Unavailable> {
        let state = self.reach("registry")?;
        let newest = state.champions.iter().rev().take(limit as usize);
        Ok(newest.cloned().map(|champion| Ok(champion.into())).collect())
    }
}

impl Versions for Memory {
    async fn version(&self, number: VersionNumber) -> Result<Option<Record<Version>>, Unavailable> {
        Ok(self.reach("registry")?.versions.get(&number).cloned().map(Ok))
    }

    async fn newest_version(&self) -> Result<Option<VersionNumber>, Unavailable> {
        Ok(self.reach("registry")?.versions.keys().next_back().copied())
    }
}

impl RecordRetention for Memory {
    async fn expire_records(&self, run: &Run, at: Timestamp) -> Result<Expiry, Unavailable> {
        let mut state = self.reach("retention")?;
        let version = run.version().map(|number| format!("version {number}"));
        let names: Vec<_> = version.into_iter().chain([format!("run {}", run.id)]).collect();
        if names.iter().any(|name| state.kept.contains(name)) {
            return Ok(Expiry::Kept);
        }
        state.forgotten.extend(names.into_iter().map(|name| (name, at)));
        Ok(Expiry::Marked)
    }

    async fn keep_records(&self, version: &Version) -> Result<bool, Unavailable> {
        let mut state = self.reach("registry")?;
        for name in [format!("version {}", version.number), format!("run {}", version.run_id)] {
            state.forgotten.remove(&name);
            state.kept.insert(name);
        }
        Ok(state.versions.contains_key(&version.number))
    }
}
