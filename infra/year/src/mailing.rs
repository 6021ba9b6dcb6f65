//! The mails of a year: the real alert function, SES's limits, and Lambda's retries.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use aws_lambda_events::event::sns::SnsEvent;
use evergreen_alert::{AlarmState, AlertHandler, AlertPorts, Letterhead, Recipients};
use evergreen_lifecycle::Mute;
use evergreen_lifecycle::incident::AlarmIncident;
use evergreen_lifecycle::ports::{AlarmCondition, AlarmStatus, Clock, Mail, Mailer, SendError, Unavailable};
use evergreen_testkit::{FixedClock, Memory};
use futures_util::FutureExt;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use crate::calendar::Calendar;
use crate::incident::{Incident, IncidentKind};
use crate::rule::AlarmRule;
use crate::stack::YearError;
use crate::watch::StateChange;

/// An SNS event as AWS sends it. Its message is replaced.
const EVENT: &str = include_str!("../../../events/alert-alarm.json");

/// The name of the simulated stack.
const STACK: &str = "evergreen";

// SES's sandbox, the smallest account. Source: "Service quotas in Amazon SES" in the SES developer guide.
/// Maximum number of mails that a new account may send in 24 hours.
const MOST_A_DAY: usize = 200;
/// Maximum number of mails that a new account may send in a second.
const RATE: f64 = 1.0;

/// Maximum duration of one invocation of the alert function. The template's value is the same.
const TIMEOUT: SignedDuration = SignedDuration::from_mins(5);

/// Minutes from the sending of a mail until SES reports that it could not be delivered.
const BOUNCES_AFTER: u32 = 2;

/// Seconds from the change of an alarm to the start of the alert function.
const ON_THE_WAY: SignedDuration = SignedDuration::from_secs(5);

/// A mail that a person gets.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReceivedMail {
    /// The minute of the year in which it was sent.
    pub minute: u32,
    /// The alarm's name without the name of the stack.
    pub alarm: String,
    /// The alarms that it reports, without the name of the stack. A mail about the end of an incident reports all.
    pub about: Vec<String>,
    /// Whether it says that something is wrong. Otherwise it says that this is over.
    pub is_raised: bool,
    /// Whether SNS itself wrote it, because mails of the alert function may not arrive.
    pub is_from_sns: bool,
}

/// The mail service and the alert function of one year.
pub(crate) struct MailRoom<'a> {
    incidents: &'a [Incident],
    calendar: &'a Calendar,
    memory: Memory,
    recipients: Recipients,
    letterhead: Letterhead,
    template: Value,
    pub(crate) received: Vec<ReceivedMail>,
    /// The minutes in which an event reached the queue of failed mails.
    pub(crate) failures: Vec<u32>,
    /// The minutes in which SES reported that a mail could not be delivered.
    pub(crate) bounces: Vec<u32>,
}

/// Test double of SES with the limits of the sandbox, and with outages.
struct LimitedMailer<'a> {
    clock: &'a FixedClock,
    calendar: &'a Calendar,
    incidents: &'a [Incident],
    sent: Mutex<Vec<Timestamp>>,
}

impl Mailer for LimitedMailer<'_> {
    async fn send(&self, _recipient: &str, _mail: &Mail) -> Result<(), SendError> {
        let now = self.clock.now();
        if is_active(self.incidents, IncidentKind::SesAway, self.calendar.minute(now)) {
            return Err(SendError::Unreachable(Unavailable::new("SES", "it is away")));
        }
        let mut sent = self.sent.lock().unwrap_or_else(PoisonError::into_inner);
        let within = |hours: i64| {
            let since = now - SignedDuration::from_hours(hours);
            sent.iter().filter(|at| **at > since).count()
        };
        if within(24) >= MOST_A_DAY {
            return Err(SendError::Refused(Unavailable::new("SES", "the account has sent its mails of the day")));
        }
        sent.push(now);
        Ok(())
    }

    async fn rate(&self) -> Result<f64, Unavailable> {
        Ok(RATE)
    }
}

fn is_active(incidents: &[Incident], kind: IncidentKind, minute: u32) -> bool {
    incidents.iter().any(|incident| incident.kind == kind && incident.is_active(minute))
}

impl<'a> MailRoom<'a> {
    pub(crate) fn new(incidents: &'a [Incident], calendar: &'a Calendar) -> Result<Self, YearError> {
        let model = "iris".parse().map_err(|error| YearError::Model(format!("{error}")))?;
        let recipients = "ops@example.com".parse().map_err(|error| YearError::Model(format!("{error}")))?;
        let letterhead = Letterhead {
            model,
            stack: STACK.to_owned(),
            table: "evergreen-registry".to_owned(),
            dashboard_url: "https://example.com/dashboard".to_owned(),
            console_url: None,
            zone: TimeZone::UTC,
        };
        let template = serde_json::from_str(EVENT)?;
        let (received, failures, bounces) = (Vec::new(), Vec::new(), Vec::new());
        Ok(Self {
            incidents,
            calendar,
            memory: Memory::default(),
            recipients,
            letterhead,
            template,
            received,
            failures,
            bounces,
        })
    }

    /// Delivers all changes of all alarms, in the order of time.
    pub(crate) fn deliver(
        &mut self,
        changes: &BTreeMap<usize, Vec<StateChange>>,
        rules: &[AlarmRule],
    ) -> Result<(), YearError> {
        let mut ordered: Vec<_> = changes
            .iter()
            .flat_map(|(rule, changes)| changes.iter().map(move |change| (change.minute, *rule, *change)))
            .collect();
        ordered.sort_by_key(|(minute, rule, _)| (*minute, *rule));
        for (_, index, change) in ordered {
            if let Some(rule) = rules.get(index) {
                self.deliver_change(rule, change)?;
            }
        }
        Ok(())
    }

    /// Delivers one change, by mail and perhaps also by SNS itself.
    fn deliver_change(&mut self, rule: &AlarmRule, change: StateChange) -> Result<(), YearError> {
        // The template has no actions for missing data.
        let is_raised = match change.to {
            AlarmState::Alarm => true,
            AlarmState::Ok => false,
            AlarmState::InsufficientData => return Ok(()),
        };
        let (alarm, about) = (rule.name.clone(), vec![rule.name.clone()]);
        let mail = ReceivedMail { minute: change.minute, alarm, about, is_raised, is_from_sns: true };
        if rule.is_sent_twice {
            self.received.push(mail.clone());
        }
        self.show_state(rule, change);
        let event = self.event(rule, change)?;
        let begin = self.calendar.at(change.minute) + ON_THE_WAY;
        for after in [0, 1, 3] {
            let clock = FixedClock::at(begin + SignedDuration::from_mins(after));
            if let Some(sent) = self.invoke(&event, &clock)? {
                let minute = self.calendar.minute(clock.now());
                if sent > 0 && is_active(self.incidents, IncidentKind::MailBounces, minute) {
                    self.bounces.push(minute + BOUNCES_AFTER);
                    return Ok(());
                }
                self.mute(&rule.name, minute, sent > 0 && is_raised);
                let about = if is_raised { mail.about.clone() } else { self.ended_with(&rule.name) };
                self.received.extend((sent > 0).then(|| ReceivedMail {
                    minute,
                    about,
                    is_from_sns: false,
                    ..mail.clone()
                }));
                return Ok(());
            }
        }
        // Each try takes a minute until SES was tried often enough.
        self.failures.push(change.minute + 6);
        Ok(())
    }

    /// Invokes the alert function once. Returns how many mails it sent; `None` if it failed.
    fn invoke(&mut self, event: &SnsEvent, clock: &FixedClock) -> Result<Option<usize>, YearError> {
        let now = clock.now();
        if is_active(self.incidents, IncidentKind::DynamoDbAway, self.calendar.minute(now)) {
            self.memory.take_away("registry");
        } else {
            self.memory.bring_back("registry");
        }
        let (calendar, incidents) = (self.calendar, self.incidents);
        let sent = Mutex::new(self.sent_at());
        let mailer = LimitedMailer { clock, calendar, incidents, sent };
        let (alarm_states, history) = (&self.memory, &self.memory);
        let ports = AlertPorts { registry: &self.memory, mailer: &mailer, alarm_states, history, clock };
        let handler = AlertHandler { ports: &ports, recipients: &self.recipients, letterhead: &self.letterhead };
        let answer = handler.handle(event.clone(), &now.to_string(), now + TIMEOUT).now_or_never();
        Ok(answer.ok_or(YearError::Waits("alert"))?.ok().map(|report| report.sent))
    }

    /// Lets the person who gets a mail mute its alarm for a day, once in an incident in which somebody does that.
    fn mute(&self, alarm: &str, minute: u32, has_mail: bool) {
        if has_mail && is_active(self.incidents, IncidentKind::AlarmMuted, minute) {
            let until = self.calendar.at(minute) + SignedDuration::from_hours(24);
            let mute = Mute { alarm: alarm.to_owned(), until };
            self.memory.state().mutes.entry(alarm.to_owned()).or_insert(mute);
        }
    }

    /// Lets CloudWatch's list of alarms show the new state.
    fn show_state(&self, rule: &AlarmRule, change: StateChange) {
        let states = &mut self.memory.state().alarm_states;
        states.retain(|state| state.name != rule.name);
        if change.to == AlarmState::Alarm {
            states.push(AlarmStatus {
                name: rule.name.clone(),
                description: String::new(),
                condition: AlarmCondition::Alarm,
                since: Some(self.calendar.at(change.minute)),
                reason: reason(change).to_owned(),
            });
        }
    }

    /// Returns the alarms of the incident that ended last, if the alarm is one of them.
    fn ended_with(&self, alarm: &str) -> Vec<String> {
        let name = format!("{STACK}-{alarm}");
        let state = self.memory.state();
        let incidents = state.incidents.iter().flat_map(|record| record.incidents());
        let is_it = |incident: &&AlarmIncident| incident.ended.is_some() && incident.has(&name);
        let ended = incidents.filter(is_it).max_by_key(|incident| incident.ended);
        let short = |name: &str| name.trim_start_matches(STACK).trim_start_matches('-').to_owned();
        let others = ended.into_iter().flat_map(|incident| &incident.raised).map(|raised| short(&raised.alarm));
        others.chain([alarm.to_owned()]).collect()
    }

    /// Returns when SES has sent a mail, for its daily limit.
    fn sent_at(&self) -> Vec<Timestamp> {
        let by_ses = self.received.iter().filter(|mail| !mail.is_from_sns);
        by_ses.map(|mail| self.calendar.at(mail.minute)).collect()
    }

    /// Returns the notification that SNS delivers about a change.
    fn event(&self, rule: &AlarmRule, change: StateChange) -> Result<SnsEvent, YearError> {
        let at = self.calendar.at(change.minute).to_string();
        let message = json!({
            "AlarmName": format!("{STACK}-{}", rule.name),
            "NewStateValue": change.to.as_str(),
            "OldStateValue": change.from.as_str(),
            "NewStateReason": reason(change),
            "StateChangeTime": at,
            "Trigger": {"MetricName": rule.metrics.first(), "Threshold": rule.threshold},
        });
        let mut event = self.template.clone();
        if let Some(sns) = event.pointer_mut("/Records/0/Sns") {
            sns["Message"] = json!(message.to_string());
        }
        Ok(serde_json::from_value(event)?)
    }
}

/// Returns CloudWatch's words about a change.
fn reason(change: StateChange) -> &'static str {
    if change.is_without_data {
        "Threshold Crossed: no datapoints were received for 1 period and 1 missing datapoint was treated as [Breaching]."
    } else {
        "Threshold Crossed: 1 datapoint [1.0 (01/01/26 00:00:00)]."
    }
}
