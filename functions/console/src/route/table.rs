//! The table of the JSON routes.

use super::Need::{Predicting, Reading, Steering};
use super::Operation as E;
use super::{JsonRoute, Need, Operation};

const RUNS: &[&str] =
    &["status", "family", "trigger", "metric", "dataset", "from", "until", "sort", "limit", "after", "before"];
const VERSIONS: &[&str] =
    &["status", "family", "metric", "dataset", "tag", "alias", "from", "until", "sort", "limit", "after", "before"];

/// All JSON routes.
pub static ROUTES: &[JsonRoute] = &[
    reading("/runs", RUNS, E::Runs, "Lists training runs and imports."),
    reading("/runs/{id}", &[], E::Run, "Shows one run."),
    reading("/versions", VERSIONS, E::Versions, "Lists model versions."),
    reading("/versions/{number}", &[], E::Version, "Shows one version, its aliases, its tags and its note."),
    reading("/versions/{number}/manifest", &[], E::Manifest, "Shows the manifest of a version."),
    reading("/versions/{number}/artifact", &[], E::Artifact, "Makes a link to the artifact that is valid for minutes."),
    reading("/versions/{number}/verifications", &[], E::Verifications, "Lists the verifications of a version."),
    reading("/champion", &[], E::Champion, "Shows the champion."),
    reading("/champions", &["limit"], E::Champions, "Lists the champions, newest first."),
    reading("/aliases", &[], E::Aliases, "Lists the aliases."),
    reading("/compare", &["versions"], E::Compare, "Compares two to ten versions."),
    reading("/schedule", &[], E::Schedule, "Shows the training schedule and its next times."),
    reading("/audit", &["limit", "before"], E::Audit, "Lists who changed what, newest first."),
    reading("/alarms", &[], E::Alarms, "Lists the alarms with their states and mutes."),
    reading("/drift", &[], E::Drift, "Shows how served rows compare with the training data."),
    reading("/rollout", &[], E::Rollout, "Shows the newest rollout, and the values of both versions."),
    reading("/live", &[], E::Live, "Shows how right the predictions were whose truth is known."),
    reading("/cost", &[], E::Cost, "Estimates the cost of the month so far."),
    reading("/openapi.json", &[], E::OpenApi, "Returns this document."),
    JsonRoute {
        need: Predicting,
        method: "POST",
        template: "/feedback",
        query: &[],
        body: Some("Feedback"),
        summary: "Takes what turned out true about predictions.",
        endpoint: E::Feedback,
    },
    steering("POST", "/trainings", Some("Training"), E::Train, "Asks for a training run."),
    steering("POST", "/promotions", Some("Promotion"), E::Promote, "Makes a version the champion."),
    steering("POST", "/rollbacks", Some("Rollback"), E::RollBack, "Makes the champion before this one the champion."),
    steering("POST", "/rollout/start", Some("Rollout"), E::StartRollout, "Starts the rollout of a version."),
    steering("POST", "/rollout/advance", Some("Reason"), E::AdvanceRollout, "Begins the next stage of the rollout."),
    steering("POST", "/rollout/stop", Some("Reason"), E::StopRollout, "Ends the rollout. The champion stays."),
    steering("POST", "/rollout/promote", Some("Reason"), E::PromoteRollout, "Promotes the version of the rollout."),
    steering("PUT", "/aliases/{name}", Some("AliasTarget"), E::SetAlias, "Sets an alias."),
    steering("DELETE", "/aliases/{name}", None, E::RemoveAlias, "Removes an alias."),
    steering("PUT", "/versions/{number}/tags/{tag}", Some("TagValue"), E::SetTag, "Sets a tag of a version."),
    steering("DELETE", "/versions/{number}/tags/{tag}", None, E::RemoveTag, "Removes a tag of a version."),
    steering("PUT", "/versions/{number}/note", Some("Note"), E::WriteNote, "Replaces the note of a version."),
    steering("DELETE", "/versions/{number}", Some("Deletion"), E::DeleteVersion, "Deletes a version and its objects."),
    steering("POST", "/versions/{number}/verifications", None, E::Verify, "Asks to train a version again and compare."),
    steering("POST", "/rebuild", Some("Reason"), E::Rebuild, "Asks to restore the registry from the bucket."),
    steering("POST", "/transfers", Some("Transfer"), E::ImportHistory, "Records an imported history, and rebuilds."),
    steering("POST", "/retention", Some("Retention"), E::Retain, "Asks to delete old versions."),
    steering("POST", "/schedule/pause", Some("Reason"), E::Pause, "Switches the training schedule off."),
    steering("POST", "/schedule/resume", Some("OptionalReason"), E::Resume, "Switches the training schedule on."),
    steering("PUT", "/alarms/{name}/mute", Some("MuteUntil"), E::Mute, "Sends no mail about an alarm until a time."),
    steering("DELETE", "/alarms/{name}/mute", None, E::Unmute, "Ends the mute of an alarm."),
    steering("POST", "/links", Some("Link"), E::MakeLink, "Makes a link that opens a session once."),
    steering("DELETE", "/sessions", None, E::EndSessions, "Ends all sessions and makes all links useless."),
];

const fn reading(
    template: &'static str,
    query: &'static [&'static str],
    endpoint: Operation,
    summary: &'static str,
) -> JsonRoute {
    JsonRoute { need: Reading, method: "GET", template, query, body: None, summary, endpoint }
}

const fn steering(
    method: &'static str,
    template: &'static str,
    body: Option<&'static str>,
    endpoint: Operation,
    summary: &'static str,
) -> JsonRoute {
    const NEED: Need = Steering;
    JsonRoute { need: NEED, method, template, query: &[], body, summary, endpoint }
}
