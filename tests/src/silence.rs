//! What each alarm makes of figures that stay away.

/// What comes of silence.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Silence {
    /// The alarm is raised: the figure is published every five minutes, so something is wrong when it is not.
    Raises,
    /// The alarm is over: there is a figure only where something happened.
    Ends,
    /// The alarm keeps its state: silence says nothing of what it watches.
    Keeps,
}

impl Silence {
    /// How the template says it, in `TreatMissingData`.
    pub fn treatment(self) -> &'static str {
        match self {
            Self::Raises => "breaching",
            Self::Ends => "notBreaching",
            Self::Keeps => "ignore",
        }
    }
}

/// Every alarm of the stack, by what follows the stack's name in its own.
pub const ON_SILENCE: [(&str, Silence); 20] = [
    ("champion-too-old", Silence::Raises),
    ("accuracy-low", Silence::Keeps),
    ("deadline-missed", Silence::Keeps),
    ("training-failed", Silence::Keeps),
    ("versions-refused", Silence::Keeps),
    ("model-unhealthy", Silence::Keeps),
    ("artifact-damaged", Silence::Keeps),
    ("model-load-failures", Silence::Ends),
    ("prediction-errors", Silence::Ends),
    ("prediction-latency", Silence::Ends),
    ("throttles", Silence::Ends),
    ("quota-nearly-used", Silence::Keeps),
    ("figures-unknown", Silence::Keeps),
    ("unreadable-records", Silence::Keeps),
    ("train-failure-queue", Silence::Ends),
    ("train-schedule-queue", Silence::Ends),
    ("metrics-failure-queue", Silence::Ends),
    ("alert-failure-queue", Silence::Ends),
    ("alert-topic-queue", Silence::Ends),
    ("mail-bounced", Silence::Ends),
];

/// The alarms that no emulator has: the template leaves them out there.
pub const NOT_EMULATED: [&str; 1] = ["mail-bounced"];
