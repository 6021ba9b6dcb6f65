//! Numbers, times and durations as people read them.

use jiff::Timestamp;

/// Formats a score with four decimals, and a large one with four digits.
pub(super) fn score(value: f64) -> String {
    match value.abs() {
        _ if !value.is_finite() => "not a number".to_owned(),
        size if size >= 1e6 => format!("{value:.3e}"),
        size if size >= 1000.0 => grouped(&format!("{value:.0}")),
        size if size >= 100.0 => format!("{value:.1}"),
        size if size >= 10.0 => format!("{value:.2}"),
        // Four decimals would show nothing of it.
        size if size > 0.0 && size < 0.001 => short(value),
        _ => format!("{value:.4}"),
    }
}

/// Formats a number of any size with few digits, such as `0.1`, `25` or `1.2e-12`.
pub(super) fn short(value: f64) -> String {
    let size = value.abs();
    if size != 0.0 && !(1e-4..1e7).contains(&size) {
        let text = format!("{value:.1e}");
        return text.replace(".0e", "e");
    }
    let digits = if size >= 1.0 || size == 0.0 { 4 } else { 3 - size.log10().floor() as i32 };
    let digits = digits.clamp(0, 8) as usize;
    let text = format!("{value:.digits$}");
    if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.').to_owned() } else { text }
}

/// Formats a value of JSON. A number has few digits.
pub(super) fn json(value: &serde_json::Value) -> String {
    match value.as_f64() {
        Some(number) if !value.is_u64() && !value.is_i64() => short(number),
        _ => value.to_string(),
    }
}

/// Formats a difference of scores with its sign.
pub(super) fn difference(value: f64) -> String {
    if value == 0.0 {
        return "±0".to_owned();
    }
    let sign = if value < 0.0 { "−" } else { "+" };
    format!("{sign}{}", score(value.abs()))
}

/// Formats a whole number with commas between groups of three digits.
pub(super) fn count(value: u64) -> String {
    grouped(&value.to_string())
}

/// Formats a number of rows, such as `1 row` or `9,841 rows`.
pub(super) fn rows(value: u64) -> String {
    format!("{} row{}", count(value), if value == 1 { "" } else { "s" })
}

fn grouped(digits: &str) -> String {
    let (sign, digits) = digits.strip_prefix('-').map_or(("", digits), |rest| ("−", rest));
    let mut out = String::from(sign);
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index) % 3 == 0 {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

/// Formats a share from 0 to 1 as a percentage.
pub(super) fn percent(share: f64) -> String {
    let percent = share * 100.0;
    if percent > 0.0 && percent < 0.1 { "< 0.1 %".to_owned() } else { format!("{percent:.1} %") }
}

/// Formats a number of bytes.
pub(super) fn bytes(size: u64) -> String {
    let size = size as f64;
    match size {
        _ if size >= 1e9 => format!("{:.1} GB", size / 1e9),
        _ if size >= 1e6 => format!("{:.1} MB", size / 1e6),
        _ if size >= 1e3 => format!("{:.1} KB", size / 1e3),
        _ => format!("{size} bytes"),
    }
}

/// Formats a duration with one or two units, such as `3 min 5 s`.
pub(super) fn span(seconds: f64) -> String {
    if seconds < 10.0 {
        return format!("{seconds:.1} s");
    }
    let whole = seconds.round() as i64;
    let pair = |size: i64, large: &str, small_size: i64, small: &str| match (whole / size, whole % size / small_size) {
        (large_count, 0) => format!("{large_count} {large}"),
        (large_count, small_count) => format!("{large_count} {large} {small_count} {small}"),
    };
    match whole {
        0..60 => format!("{whole} s"),
        60..3600 => pair(60, "min", 1, "s"),
        3600..172_800 => pair(3600, "h", 60, "min"),
        _ => pair(86_400, "d", 3600, "h"),
    }
}

/// Formats a time in UTC, such as `24 Nov 2026, 03:00`.
pub(super) fn moment(at: Timestamp) -> String {
    at.strftime("%-d %b %Y, %H:%M").to_string()
}

/// Formats the distance of a time from now, such as `3 h ago` or `in 2 d 4 h`.
pub(super) fn distance(at: Timestamp, now: Timestamp) -> String {
    let seconds = now.duration_since(at).as_secs_f64();
    match seconds {
        _ if seconds.abs() < 60.0 => "just now".to_owned(),
        _ if seconds > 0.0 => format!("{} ago", rough(seconds)),
        _ => format!("in {}", rough(-seconds)),
    }
}

fn rough(seconds: f64) -> String {
    match seconds {
        _ if seconds < 5400.0 => format!("{:.0} min", seconds / 60.0),
        _ if seconds < 172_800.0 => format!("{:.0} h", seconds / 3600.0),
        _ => format!("{:.0} days", seconds / 86_400.0),
    }
}

/// Returns a name of code, such as `random_forest`, with blanks.
pub(super) fn spaced(name: &str) -> String {
    name.replace('_', " ")
}

/// Returns the name of a metric as people write it, such as `ROC AUC` for `roc_auc`.
pub(super) fn metric(name: &str) -> String {
    match name {
        "roc_auc" => "ROC AUC".to_owned(),
        "r2" => "R²".to_owned(),
        "training_accuracy" => in_training("accuracy"),
        "training_r2" => in_training("r2"),
        "rmse" | "mae" | "mape" | "rmsle" | "mcc" | "f1" => name.to_uppercase(),
        "brier_score" => "Brier score".to_owned(),
        _ => capitalised(&spaced(name)),
    }
}

/// Returns the name of a metric on the training rows, such as `Accuracy in training`.
pub(super) fn in_training(name: &str) -> String {
    format!("{} in training", metric(name))
}

/// Returns a text that begins with a capital letter.
pub(super) fn capitalised(text: &str) -> String {
    let mut characters = text.chars();
    characters.next().map_or_else(String::new, |first| first.to_uppercase().chain(characters).collect())
}

/// Returns the gate's reason as a sentence of its own.
pub(super) fn sentence(reason: &str) -> String {
    format!("{}.", capitalised(reason.trim_end_matches('.')))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_written_for_people() {
        assert_eq!([0.95, 12.345, 123.45, 12_345.6].map(score), ["0.9500", "12.35", "123.5", "12,346"]);
        assert_eq!([0.01, -0.02, 0.0, 1e-7].map(difference), ["+0.0100", "−0.0200", "±0", "+1e-7"]);
        assert_eq!([1.2e-12, 0.0, 0.00012, -3.41e-9].map(score), ["1.2e-12", "0.0000", "0.00012", "-3.4e-9"]);
        assert_eq!([1e-4, 0.25, 31.0, 1.2345e-13, 1e6].map(short), ["0.0001", "0.25", "31", "1.2e-13", "1000000"]);
        assert_eq!([999, 1000, 1_234_567].map(count), ["999", "1,000", "1,234,567"]);
        assert_eq!(
            [1.25, 59.0, 65.0, 3660.0, 180_000.0].map(span),
            ["1.2 s", "59 s", "1 min 5 s", "1 h 1 min", "2 d 2 h"]
        );
        assert_eq!(["roc_auc", "log_loss", "f1"].map(metric), ["ROC AUC", "Log loss", "F1"]);
    }

    #[test]
    fn a_time_is_near_or_far() {
        let now = "2026-11-24T12:00:00Z".parse().unwrap();
        let at = |text: &str| distance(text.parse().unwrap(), now);
        assert_eq!(at("2026-11-24T11:59:30Z"), "just now");
        assert_eq!(at("2026-11-24T03:00:00Z"), "9 h ago");
        assert_eq!(at("2026-12-04T12:00:00Z"), "in 10 days");
    }
}
