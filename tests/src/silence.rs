//! How each alarm treats missing figures.

/// The effect of missing figures on an alarm.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Silence {
    /// The alarm is raised. Its figure is published every five minutes, so a missing one means that something is wrong.
    Raises,
    /// The alarm ends. Its figure exists only when something has happened.
    Ends,
    /// The alarm keeps its state. Missing figures say nothing about what it watches.
    Keeps,
}

impl Silence {
    /// Returns the value of `TreatMissingData` in the template.
    pub fn treatment(self) -> &'static str {
        match self {
            Self::Raises => "breaching",
            Self::Ends => "notBreaching",
            Self::Keeps => "ignore",
        }
    }
}

/// Every alarm of the stack, by its name without the stack's name.
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

/// The alarms that the template leaves out on an emulator.
pub const NOT_EMULATED: [&str; 1] = ["mail-bounced"];
