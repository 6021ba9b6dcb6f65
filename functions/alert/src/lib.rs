//! Turns alarms into mail.
