//! Tests of the pages: what a person sees and can do. The services are in memory.
#![allow(missing_docs, clippy::expect_used, clippy::indexing_slicing, clippy::string_slice, clippy::unwrap_used)]

mod batch;
mod drift;
mod feedback;
mod html;
mod live;
mod rollout;
mod sample;

use std::collections::BTreeSet;

use evergreen_console::body::decoded_path;
use evergreen_console::pages::{DoorPage, KeptForm, PageBody, PageRequest, Query, asset, door, respond};
use evergreen_console::token::seal;
use evergreen_lifecycle::session::Right;
use html::Page;
use sample::{HOSTILE, World, facts, full, now, session};

/// Every page, by its path.
const PATHS: [&str; 21] = [
    "",
    "runs",
    "runs/manual-v16",
    "runs/manual-now",
    "runs/manual-broken",
    "versions",
    "versions/16",
    "versions/15",
    "compare?versions=15&versions=16",
    "dataset",
    "try",
    "audit",
    "batch",
    "alarms",
    "drift",
    "live",
    "rollout",
    "schedule",
    "mails",
    "mails/m2",
    "mails/m1",
];

async fn response(world: &World, right: Right, address: &str, form: Option<&Query>) -> (u16, String) {
    let (path, query) = address.split_once('?').unwrap_or((address, ""));
    let path: Vec<&str> = path.split('/').filter(|part| !part.is_empty()).collect();
    let pairs = query.split('&').filter_map(|pair| pair.split_once('='));
    let query = Query::of(pairs.map(|(name, value)| (name, decoded_path(value))));
    let (session, facts) = (session(right), facts());
    let request =
        PageRequest { path: &path, query: &query, form, session: &session, facts: &facts, key: "a-key", now: now() };
    let response = respond(world, &request).await;
    match response.body {
        PageBody::Html(html) => (response.status.as_u16(), html),
        PageBody::Mail(html) => (response.status.as_u16(), html),
        PageBody::Redirect(to) => panic!("{address} leads to {to}"),
    }
}

async fn page(world: &World, right: Right, address: &str) -> Page {
    let (status, html) = response(world, right, address, None).await;
    assert_eq!(status, 200, "{address}");
    Page::parse(&html)
}

async fn seen(address: &str) -> Page {
    page(&full(), Right::See, address).await
}

async fn steered(address: &str) -> Page {
    page(&full(), Right::Steer, address).await
}

#[tokio::test]
async fn the_overview_says_which_version_is_the_champion_and_why() {
    let text = seen("").await.text;
    let expected = [
        "Version 16",
        "0.9680",
        "Champion since",
        "is not worse than the champion",
        "1 Dec 2026, 03:30 in 7 days",
        "training-failed",
        "Predictions lately",
        "$4.56",
    ];
    for expected in expected {
        assert!(text.contains(expected), "{expected}: {text}");
    }
}

#[tokio::test]
async fn the_overview_plots_every_version_as_a_link() {
    let page = seen("?plot=accuracy").await;
    let links: BTreeSet<_> =
        page.all("a").filter(|link| link.get("aria-label").is_some()).filter_map(|link| link.get("href")).collect();
    assert_eq!(links.len(), 16, "{links:?}");
    assert!(page.text.contains("alarm below 0.8800"), "{}", page.text);
    let first = seen("").await;
    let shown = first.all("a").find(|link| link.get("aria-current") == Some("true")).and_then(|link| link.get("href"));
    assert_eq!(shown, Some("?plot=log_loss#quality"), "the plot begins with the metric of the gate");
}

#[tokio::test]
async fn a_session_that_may_only_see_has_no_form_of_an_action() {
    for address in PATHS {
        assert_eq!(seen(address).await.actions(), BTreeSet::from(["sign-out"]), "{address}");
    }
}

#[tokio::test]
async fn a_session_that_may_steer_has_every_action() {
    let mut actions = BTreeSet::new();
    let pages = [
        steered("").await,
        steered("versions/15").await,
        steered("versions/16").await,
        steered("versions/3").await,
        steered("schedule").await,
        steered("alarms").await,
    ];
    pages.iter().for_each(|page| actions.extend(page.actions()));
    let expected = [
        "alias",
        "alias-remove",
        "delete",
        "mute",
        "note",
        "pause",
        "promote",
        "rollback",
        "rollout-start",
        "sign-out",
        "tag",
        "tag-remove",
        "train",
        "unmute",
        "verify",
    ];
    assert_eq!(actions, BTreeSet::from(expected));
}

#[tokio::test]
async fn a_form_carries_the_session_s_secret_a_key_and_what_the_person_saw() {
    let page = steered("versions/15").await;
    let value = |name: &'static str| page.all("input").filter(move |input| input.get("name") == Some(name));
    let forms =
        page.all("form").filter(|form| form.get("action").is_some_and(|action| action.contains("actions/"))).count();
    assert_eq!(value("csrf").filter(|input| input.get("value") == Some("csrf-of-the-session")).count(), forms);
    let keys: BTreeSet<_> = value("key").filter_map(|input| input.get("value")).collect();
    assert_eq!(keys.len(), value("key").count(), "two actions have one key: {keys:?}");
    assert!(value("back").all(|input| input.get("value") == Some("versions/15")));
    assert!(value("seen_revision").count() >= 2);
    let reasons: Vec<_> = value("reason").filter(|input| input.get("required").is_some()).collect();
    assert_eq!(reasons.len(), 2, "promote and rollout need a reason");
}

#[tokio::test]
async fn a_hostile_text_is_shown_and_not_run() {
    let mut shown = 0;
    for address in PATHS {
        let (_, html) = response(&full(), Right::Steer, address, None).await;
        assert!(!html.contains("<script>"), "{address}");
        shown += usize::from(Page::parse(&html).text.contains(HOSTILE));
    }
    assert!(shown >= 6, "{shown} pages show it");
    let harmless = HOSTILE.replace('&', "and");
    let seal = seal("csrf-of-the-session", ["", "", &harmless]);
    let address = format!("runs?status={harmless}&problem={harmless}&seal={seal}");
    let (_, html) = response(&full(), Right::See, &address, None).await;
    assert!(!html.contains("<script>") && Page::parse(&html).text.contains(&harmless));
}

#[tokio::test]
async fn pages_have_only_relative_links_and_nothing_inline() {
    for address in PATHS {
        let page = steered(address).await;
        for target in page.targets() {
            let outside = target.starts_with('/') || target.contains("://") && !target.starts_with("data:");
            let dashboard = target == facts().stack.dashboard_url.as_deref().unwrap();
            let download = target.starts_with("https://bucket.example/models/iris/");
            assert!(!outside || dashboard || download, "{address}: {target}");
        }
        let inline = page.tags.iter().find(|tag| {
            tag.name == "style" || tag.attributes.iter().any(|(name, _)| name == "style" || name.starts_with("on"))
        });
        assert!(inline.is_none(), "{address}: {inline:?}");
        assert!(page.all("script").all(|script| script.get("src").is_some()), "{address}");
    }
}

#[tokio::test]
async fn every_field_has_a_label_and_every_id_is_unique() {
    for address in PATHS {
        let page = steered(address).await;
        let ids: Vec<_> = page.tags.iter().filter_map(|tag| tag.get("id")).collect();
        assert_eq!(ids.len(), ids.iter().collect::<BTreeSet<_>>().len(), "{address}: {ids:?}");
        let labels: BTreeSet<_> = page.all("label").filter_map(|label| label.get("for")).collect();
        let fields = ["input", "select", "textarea"].into_iter().flat_map(|name| page.all(name));
        for field in fields.filter(|field| field.get("type") != Some("hidden")) {
            let named = field.get("aria-label").is_some() || field.get("id").is_some_and(|id| labels.contains(id));
            assert!(named, "{address}: {field:?}");
        }
    }
}

#[tokio::test]
async fn versions_are_filtered_sorted_and_offered_for_comparison() {
    let page = seen("versions?metric=accuracy>=0.95&sort=accuracy").await;
    let numbers: Vec<_> = page
        .all("input")
        .filter(|input| input.get("name") == Some("versions"))
        .filter_map(|input| input.get("value"))
        .collect();
    assert_eq!(numbers, ["13", "10", "12", "15", "14", "16"]);
    let text = seen("versions?metric=accuracy").await.text;
    assert!(text.contains("The filter is not possible") && text.contains("metric"), "{text}");
    assert!(seen("versions?alias=staging").await.text.contains("version 15"));
}

#[tokio::test]
async fn runs_are_filtered_by_status() {
    let text = seen("runs?status=failed").await.text;
    assert!(text.contains("manual-broken") && !text.contains("manual-v16"), "{text}");
}

#[tokio::test]
async fn a_running_run_shows_its_progress_and_is_refreshed() {
    let page = seen("runs/manual-now").await;
    assert!(page.text.contains("17 of 40 candidates") && page.text.contains("Log loss 0.1432"), "{}", page.text);
    assert!(page.tags.iter().any(|tag| tag.get("data-live").is_some()));
    assert!(!seen("runs/manual-v16").await.tags.iter().any(|tag| tag.get("data-live").is_some()));
}

#[tokio::test]
async fn the_model_card_has_curves_the_gate_s_test_and_code_to_paste() {
    let page = seen("versions/16").await;
    for expected in [
        "ROC curve",
        "Calibration",
        "Confusion matrix",
        "Feature importance",
        "Contributions to predictions",
        "52.5 %",
        "Test against the champion",
        "Answers that change Against version 14, on 9,841 rows served in the last 7 days: 312 of 9,841 answers change",
        "most of them where petal width (cm) > 1.6 (281 of 312); petal width (cm) made 244 of 312 explained changes; versicolor → virginica: 210",
        "petal width (cm)",
        "curl -sS \"$EVERGREEN_API_URL/predict\"",
        "urllib.request",
        "await fetch(",
    ] {
        assert!(page.text.contains(expected), "{expected}");
    }
}

#[tokio::test]
async fn a_comparison_marks_the_best_and_shows_differences() {
    let text = seen("compare?versions=15,16").await.text;
    assert!(text.contains("0.9680 (best) +0.0075"), "{text}");
    let text_with_champion = seen("compare?versions=14,16").await.text;
    assert!(text_with_champion.contains("Answers that change: against version 14, on 9,841 rows served"));
    let text = seen("compare?versions=15&versions=16&only=differences").await.text;
    assert!(!text.contains("petal length"), "{text}");
    assert!(seen("compare?versions=16").await.text.contains("Select two to ten versions"));
}

#[tokio::test]
async fn the_curves_of_compared_versions_are_in_one_plot_for_each_label() {
    let page = seen("compare?versions=14,15,16").await;
    for title in ["ROC curve: setosa", "Precision and recall: virginica", "Calibration"] {
        assert!(page.text.contains(title), "{title}: {}", page.text);
    }
    // The head of the table, six plots of labels and one of calibration, each with a line for every version.
    assert_eq!(page.text.matches("version 14 version 15 version 16").count(), 8, "{}", page.text);
}

#[tokio::test]
async fn versions_that_predict_numbers_are_compared_by_their_residuals() {
    let world = full();
    sample::predict_numbers(&world, &[15, 16]);
    let text = page(&world, Right::See, "compare?versions=15,16").await.text;
    assert!(text.contains("Residuals") && text.contains("Predicted and true") && !text.contains("ROC curve"), "{text}");
}

#[tokio::test]
async fn a_table_has_a_way_back_to_its_previous_page() {
    let world = full();
    sample::add_failed_runs(&world, 120);
    let links = |page: &Page, rel: &str| {
        page.all("a").find(|link| link.get("rel") == Some(rel)).and_then(|link| link.get("href")).map(str::to_owned)
    };
    let first = page(&world, Right::See, "runs?status=failed").await;
    assert_eq!(links(&first, "prev"), None);
    let second = page(&world, Right::See, &format!("runs{}", links(&first, "next").unwrap())).await;
    let back = links(&second, "prev").unwrap();
    assert!(back.starts_with("?status=failed&before="), "{back}");
    assert_eq!(page(&world, Right::See, &format!("runs{back}")).await.text, first.text);
}

#[tokio::test]
async fn the_audit_trail_has_a_way_back_to_newer_entries() {
    let world = full();
    sample::add_notes(&world, 130);
    let links = |page: &Page, rel: &str| {
        page.all("a").find(|link| link.get("rel") == Some(rel)).and_then(|link| link.get("href")).map(str::to_owned)
    };
    let mut pages = vec![page(&world, Right::See, "audit").await];
    while let Some(older) = links(pages.last().unwrap(), "next") {
        pages.push(page(&world, Right::See, &format!("audit{older}")).await);
    }
    assert_eq!((pages.len(), links(&pages[0], "prev")), (3, None));
    let mut back = links(&pages[2], "prev").unwrap();
    for expected in [&pages[1], &pages[0]] {
        let newer = page(&world, Right::See, &format!("audit{back}")).await;
        assert_eq!(newer.all("tr").count(), expected.all("tr").count());
        let entries = |page: &Page| page.text.split("Details ").nth(1).unwrap()[..200].to_owned();
        assert_eq!(entries(&newer), entries(expected));
        back = links(&newer, "prev").unwrap_or_default();
    }
    assert_eq!(back, "");
}

#[tokio::test]
async fn the_form_predicts_and_keeps_the_values() {
    let values = [("c0", "basic"), ("c1", "41"), ("c2", "true"), ("c3", "2026-11-24"), ("c4", "de")];
    let (_, html) = response(&full(), Right::See, "try", Some(&Query::of(values))).await;
    let page = Page::parse(&html);
    assert!(page.text.contains('%') && !page.text.contains("Fill in the values"), "{}", page.text);
    assert!(page.all("input").any(|input| input.get("name") == Some("c1") && input.get("value") == Some("41")));
}

#[tokio::test]
async fn a_value_that_the_column_cannot_have_is_explained_beside_its_field() {
    let values = [("c0", "basic"), ("c1", "much"), ("c2", "true"), ("c3", "2026-11-24"), ("c4", "de")];
    let (status, html) = response(&full(), Right::See, "try", Some(&Query::of(values))).await;
    let page = Page::parse(&html);
    assert!(status == 200 && page.text.contains("A number is expected."), "{}", page.text);
    assert!(page.all("input").any(|input| input.get("name") == Some("c1") && input.get("aria-invalid").is_some()));
}

#[tokio::test]
async fn the_data_set_s_page_names_what_moved_since_the_champion() {
    let world = full();
    sample::promote_by_hand(&world, 5);
    let text = page(&world, Right::See, "dataset").await.text;
    assert!(text.contains("of the distribution moved") && text.contains("datasets/iris/2026-11.csv"), "{text}");
}

#[tokio::test]
async fn the_audit_trail_says_who_did_what_and_why() {
    let text = seen("audit").await.text;
    assert!(text.contains("ada session requested a training run") && text.contains("load test"), "{text}");
}

#[tokio::test]
async fn the_cost_says_that_it_is_an_estimate_and_of_what() {
    let text = seen("").await.text;
    for expected in [
        "Expected for the month $5.84",
        "Metrics and alarms, fixed $3.17",
        "The rest $0.04",
        "An estimate: what CloudWatch counted",
    ] {
        assert!(text.contains(expected), "{expected}: {text}");
    }
}

#[tokio::test]
async fn a_mail_is_shown_in_a_frame_of_its_own_or_as_text() {
    let page = seen("mails/m2").await;
    let frame = page.all("iframe").next().unwrap();
    assert_eq!(frame.get("src"), Some("../mails/m2/html"));
    assert!(frame.get("sandbox").is_some_and(|rights| !rights.contains("script") && !rights.contains("origin")));
    let (status, html) = response(&full(), Right::See, "mails/m2/html", None).await;
    assert!(status == 200 && html.contains(r#"<base target="_blank">"#), "{html}");
    let page = seen("mails/m1").await;
    assert!(page.all("iframe").next().is_none() && page.text.contains("The run failed."), "{}", page.text);
    for missing in ["mails/none", "mails/none/html", "mails/m1/html"] {
        assert_eq!(response(&full(), Right::See, missing, None).await.0, 404, "{missing}");
    }
}

#[tokio::test]
async fn on_aws_there_are_no_mails_and_no_way_to_them() {
    let mut facts = facts();
    facts.stack.is_emulated = false;
    facts.mails = None;
    let (session, query) = (session(Right::See), Query::default());
    for path in [&["mails"][..], &["mails", "m2"], &["mails", "m2", "html"]] {
        let request =
            PageRequest { path, query: &query, form: None, session: &session, facts: &facts, key: "a-key", now: now() };
        let response = respond(&full(), &request).await;
        let PageBody::Html(html) = response.body else { panic!("expected a page") };
        assert!(response.status == 404 && !Page::parse(&html).targets().iter().any(|target| target.ends_with("mails")));
    }
}

#[tokio::test]
async fn a_message_about_the_last_action_is_shown() {
    let sealed = |[done, about, problem]: [&str; 3]| {
        let seal = seal("csrf-of-the-session", [done, about, problem]);
        format!("?done={done}&about={about}&problem={problem}&seal={seal}")
    };
    let text = seen(&sealed(["promote", "7", ""])).await.text;
    assert!(text.contains("Version 7 is the champion now."), "{text}");
    assert!(seen(&format!("schedule{}", sealed(["", "", "It changed."]))).await.text.contains("It changed."));
    assert!(!seen(&sealed(["invented", "7", ""])).await.text.contains("invented"));
}

#[tokio::test]
async fn after_a_request_for_training_the_page_leads_to_the_run() {
    let seal = seal("csrf-of-the-session", ["train", "manual-a1", ""]);
    let page = seen(&format!("runs?done=train&about=manual-a1&seal={seal}")).await;
    assert!(page.text.contains("The training run was requested."), "{}", page.text);
    assert!(page.all("a").any(|link| link.get("href") == Some("./runs/manual-a1")));
    let world = full();
    sample::request_run(&world, "manual-a1");
    let waiting = self::page(&world, Right::See, "runs/manual-a1").await;
    assert!(waiting.text.contains("It has not begun yet") && waiting.text.contains("ada"), "{}", waiting.text);
    assert!(waiting.tags.iter().any(|tag| tag.get("data-live").is_some()));
}

#[tokio::test]
async fn a_refused_form_is_open_and_has_what_was_typed() {
    let fields = [
        ("form", "train"),
        ("csrf", "x"),
        ("family", "linear"),
        ("seed", "seven"),
        ("hyperparameters", "{\"alpha\": }"),
    ];
    let fields = fields.map(|(name, value)| (name.to_owned(), value.to_owned()));
    let kept = KeptForm::of_sent(&fields).unwrap().address("csrf-of-the-session");
    let page = steered(&format!("runs?{kept}")).await;
    let form = page.all("details").find(|details| details.get("open").is_some());
    assert!(form.is_some());
    assert!(page.all("input").any(|input| input.get("name") == Some("seed") && input.get("value") == Some("seven")));
    let chosen = page.all("option").find(|option| option.get("selected").is_some());
    assert_eq!(chosen.and_then(|option| option.get("value")), Some("linear"));
    assert!(page.text.contains("{\"alpha\": }"), "{}", page.text);
    let of_another = KeptForm::of_sent(&fields).unwrap().address("csrf-of-another-session");
    assert!(!steered(&format!("runs?{of_another}")).await.text.contains("{\"alpha\": }"));
}

#[tokio::test]
async fn a_protected_version_cannot_be_deleted_and_the_page_says_why() {
    for (address, why) in [
        ("versions/16", "It is the champion"),
        ("versions/15", "The alias staging names it"),
        ("versions/14", "It is among the last"),
    ] {
        let page = steered(address).await;
        assert!(!page.actions().contains("delete"), "{address}");
        assert!(page.text.contains("It cannot be deleted.") && page.text.contains(why), "{address}: {}", page.text);
    }
    assert!(steered("versions/3").await.actions().contains("delete"));
}

#[tokio::test]
async fn an_alarm_that_does_not_ring_does_not_sound_as_if_it_did() {
    let text = seen("alarms").await.text;
    assert!(text.contains("It rings in this case: The champion's accuracy is below the threshold."), "{text}");
    assert!(text.contains("0.968 was not below 0.88.") && !text.contains("Threshold Crossed"), "{text}");
    assert!(text.contains("raised The newest training run failed."), "{text}");
}

#[tokio::test]
async fn a_local_stack_has_no_link_to_a_dashboard_in_aws() {
    let page = seen("").await;
    assert!(!page.targets().iter().any(|target| target.contains("amazon.com")), "{:?}", page.targets());
    assert!(page.text.contains("A local stack has no CloudWatch dashboard"), "{}", page.text);
}

#[tokio::test]
async fn the_score_on_the_training_rows_has_one_name() {
    for address in ["runs/manual-v16", "versions/16", "compare?versions=15,16"] {
        let text = seen(address).await.text;
        assert!(text.contains("Accuracy in training"), "{address}: {text}");
        assert!(!text.contains("Training accuracy") && !text.contains("Score in training"), "{address}: {text}");
    }
}

#[tokio::test]
async fn a_message_that_no_action_of_the_session_wrote_is_not_shown() {
    let of_another = seal("csrf-of-another-session", ["", "", "Call 555."]);
    for address in ["?problem=Call 555.", "?problem=Call 555.&seal=", &format!("?problem=Call 555.&seal={of_another}")]
    {
        assert!(!seen(address).await.text.contains("555"), "{address}");
    }
    assert!(!seen("versions/1?done=promote&about=99").await.text.contains("99"));
}

#[tokio::test]
async fn what_does_not_exist_is_a_page_that_says_so() {
    for address in ["versions/99", "versions/0", "versions/x", "runs/none", "elsewhere", "runs/a/b"] {
        let (status, html) = response(&full(), Right::See, address, None).await;
        assert_eq!(status, 404, "{address}");
        assert!(Page::parse(&html).text.contains("Not found"), "{address}");
    }
}

#[tokio::test]
async fn an_empty_stack_has_every_page() {
    let world = sample::empty();
    for address in [
        "", "runs", "versions", "compare", "dataset", "try", "audit", "batch", "alarms", "drift", "live", "rollout",
        "schedule", "mails",
    ] {
        page(&world, Right::Steer, address).await;
    }
    assert!(page(&world, Right::See, "").await.text.contains("no version has passed the gate yet"));
}

#[tokio::test]
async fn a_service_that_does_not_answer_is_a_page_without_its_cause() {
    let world = full();
    world.registry.take_away("registry");
    let (status, html) = response(&world, Right::See, "", None).await;
    assert_eq!(status, 503);
    assert!(Page::parse(&html).text.contains("Not available now"));
}

#[tokio::test]
async fn the_overview_does_without_the_alarms_and_the_schedule() {
    let world = full();
    world.registry.take_away("alarms");
    world.registry.take_away("schedule");
    let text = page(&world, Right::See, "").await.text;
    assert!(text.contains("Not known: CloudWatch does not answer.") && text.contains("Version 16"), "{text}");
}

#[test]
fn a_page_without_a_session_says_how_to_get_one() {
    let (status, html) = door(&DoorPage::NoSession, &facts(), "./").unwrap();
    assert_eq!(status, 401);
    assert!(Page::parse(&html).text.contains("evergreen console --local"));
}

#[test]
fn only_the_two_assets_exist() {
    assert!(asset("console.css").is_some() && asset("console.js").is_some());
    assert_eq!(asset("../Cargo.toml"), None);
}
