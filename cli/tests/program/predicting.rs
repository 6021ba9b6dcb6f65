//! The command `predict`.

use serde_json::json;

use crate::server::Server;

fn iris() -> Server {
    let answer = json!({"prediction": [0], "labels": ["setosa"], "probabilities": [[0.9, 0.1]],
        "classes": ["setosa", "virginica"], "model": {"name": "iris", "version": 3}});
    Server::start([("POST /predict", 200, answer)])
}

#[test]
fn a_row_on_the_command_line_is_sent_with_the_predict_key() {
    let server = iris();
    let ran = server.run(&["predict", "--set", "petal length (cm)=1.4", "--set", "color=blue"]);
    assert!(ran.output.contains("setosa") && ran.output.contains("0.9000"), "{ran:?}");
    let change = server.change();
    assert_eq!(change.body, json!([{"petal length (cm)": 1.4, "color": "blue"}]));
    assert_eq!(change.headers["x-api-key"], "predict-key");
}

#[test]
fn a_csv_on_the_standard_input_is_sent_as_texts() {
    let server = iris();
    let ran = server.run_with(&["predict", "-"], "age;plan\n30;\n");
    assert_eq!(ran.code, 0, "{ran:?}");
    assert_eq!(server.change().body, json!([{"age": "30", "plan": null}]));
}

#[test]
fn more_than_a_thousand_rows_are_several_requests() {
    let server = iris();
    let rows: String = (0..1001).map(|row| format!("{row}\n")).collect();
    assert_eq!(server.run_with(&["predict", "-"], &format!("age\n{rows}")).code, 0);
    let sizes: Vec<_> = server.received().iter().map(|request| request.body.as_array().unwrap().len()).collect();
    assert_eq!(sizes, [1000, 1]);
}

#[test]
fn a_file_that_cannot_be_read_is_named() {
    let ran = iris().run(&["predict", "no-such-file.csv"]);
    assert_eq!(ran.code, 2);
    assert!(ran.errors.contains("no-such-file.csv"), "{ran:?}");
}
