//! A short version of `make year`.
#![allow(clippy::indexing_slicing, clippy::unwrap_used, clippy::expect_used)]

use evergreen_year::{AlarmRule, StackSettings, StackTemplate, YearOutcome, YearPlan, has_rule, simulate};

#[test]
fn dump() {
    let template = StackTemplate::parse(include_str!("../../../template.yaml")).unwrap();
    let (rules, settings) = (AlarmRule::all(&template).unwrap(), StackSettings::read(&template).unwrap());
    for seed in 0..8 {
        let begin = std::time::Instant::now();
        let plan = YearPlan::quiet(&settings, seed).unwrap();
        let year = simulate(&plan, &rules).unwrap();
        let mid = begin.elapsed();
        let outcome = YearOutcome::of(&year, &rules).unwrap();
        println!("quiet {seed} {mid:?} {:?} {:?}", begin.elapsed(), outcome.false_mails);
    }
    for seed in 0..2 {
        let begin = std::time::Instant::now();
        let plan = YearPlan::eventful(&settings, seed);
        let year = simulate(&plan, &rules).unwrap();
        let mid = begin.elapsed();
        let outcome = YearOutcome::of(&year, &rules).unwrap();
        println!("eventful {seed} {mid:?} {:?}", begin.elapsed());
        for told in &outcome.incidents {
            println!("{} [{} {} {}] delay {:?} intime {} over {} rule {}", told.incident.kind.name(), told.incident.begin, told.incident.end, told.incident.deadline, told.delay(), told.is_told_in_time(), told.is_told_to_be_over(), has_rule(told.incident.kind, &rules));
            for mail in &told.mails { println!("      {} {} {} {}", mail.minute - told.incident.begin, mail.alarm, mail.is_raised, mail.is_from_sns); }
        }
        println!("false {:?}", outcome.false_mails);
    }
}
