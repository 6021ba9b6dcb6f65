//! Export and import of a whole model with its history.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};

use serde_json::{Value, json};

use crate::bucket::Objects;
use crate::server::{Ran, Server};

/// A folder that is removed at the end of a test.
struct Folder(PathBuf);

impl Folder {
    fn new() -> Self {
        static FOLDERS: AtomicU32 = AtomicU32::new(0);
        let number = FOLDERS.fetch_add(1, Ordering::Relaxed);
        Self(std::env::temp_dir().join(format!("evergreen-export-{}-{number}", std::process::id())))
    }

    fn text(&self) -> &str {
        self.0.to_str().unwrap()
    }

    fn list(&self) -> Value {
        serde_json::from_slice(&fs::read(self.0.join("export.json")).unwrap()).unwrap()
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        fs::remove_dir_all(&self.0).ok();
    }
}

/// The files of a promoted version, as the stack stores them.
fn trained(objects: &mut Objects, number: u32) {
    let folder = format!("models/iris/{number:08}");
    objects.insert(format!("{folder}/model.onnx"), format!("model {number}").into_bytes());
    objects.insert(format!("{folder}/manifest.json"), b"{}".to_vec());
    let version = json!({"pk": "MODEL#iris", "sk": format!("VERSION#{number:08}"), "number": number});
    let champion = json!({
        "pk": "MODEL#iris", "sk": format!("CHAMPION#{number:08}"), "revision": number, "version": {"number": number},
    });
    changed(objects, number, json!([version, champion]));
}

fn changed(objects: &mut Objects, order: u32, written: Value) {
    let key = format!("registry/iris/journal/2026-11-24T03:{order:02}:00.000Z-0af1.json");
    let entry = json!({"format": 1, "event": order.to_string(), "written": written});
    objects.insert(key, entry.to_string().into_bytes());
}

fn bucket(versions: u32) -> Objects {
    let mut objects = Objects::new();
    (1..=versions).for_each(|number| trained(&mut objects, number));
    objects
}

fn origin(versions: u32) -> Server {
    let champion = json!({"champion": {"revision": versions, "version": {"number": versions}}});
    Server::with_bucket(bucket(versions), [("GET /api/champion", 200, champion)])
}

fn target(objects: Objects) -> Server {
    let details = json!({"request": "r", "restored": "2 versions", "champion": "2"});
    let entry = json!({"action": "registry_rebuilt", "details": details});
    Server::with_bucket(
        objects,
        [
            ("POST /api/transfers", 202, json!({"request": "r"})),
            ("GET /api/audit?limit=100", 200, json!({"entries": [entry]})),
        ],
    )
}

fn exported(versions: u32) -> Folder {
    let folder = Folder::new();
    let ran = origin(versions).run(&["export", "--to", folder.text()]);
    assert_eq!(ran.code, 0, "{ran:?}");
    folder
}

fn import(server: &Server, folder: &Path) -> Ran {
    server.run(&["import", folder.to_str().unwrap(), "--reason", "it proved itself", "--yes"])
}

#[test]
fn an_imported_model_has_every_file_of_the_exported_one() {
    let folder = exported(2);
    let list = folder.list();
    assert_eq!((&list["versions"], &list["champion"], &list["origin"]["model"]), (&json!(2), &json!(2), &json!("iris")));
    let server = target(Objects::new());
    let ran = import(&server, &folder.0);
    assert_eq!(ran.code, 0, "{ran:?}");
    assert!(ran.output.contains("Restored: 2 versions. The champion is version 2."), "{ran:?}");
    assert_eq!(server.objects(), bucket(2));
    let body = server.received().into_iter().find(|request| request.line == "POST /api/transfers").unwrap().body;
    let expected = json!({
        "reason": "it proved itself", "stack": "evergreen", "model": "iris", "versions": 2, "seal": list["seal"],
    });
    assert_eq!(body, expected);
}

#[test]
fn an_import_that_was_interrupted_is_repeated_and_a_later_export_continues_it() {
    let server = target(bucket(1));
    assert_eq!(import(&server, &exported(2).0).code, 0);
    assert_eq!(server.objects(), bucket(2));
    let ran = server.run(&["--json", "import", exported(2).text(), "--reason", "once more", "--yes"]);
    assert_eq!((ran.code, &ran.json()["stored"]), (0, &json!(0)), "{ran:?}");
    assert_eq!(import(&server, &exported(3).0).code, 0);
    assert_eq!(server.objects(), bucket(3));
}

#[test]
fn a_stack_with_a_history_of_its_own_is_left_as_it_is() {
    let mut own = bucket(1);
    changed(&mut own, 9, json!([{"pk": "MODEL#iris", "sk": "ALIAS#live", "revision": 1, "version": 1}]));
    let server = target(own.clone());
    let ran = import(&server, &exported(2).0);
    assert_eq!(ran.code, 1, "{ran:?}");
    assert!(ran.errors.contains("alias live"), "{ran:?}");
    assert_eq!(server.objects(), own);
}

#[test]
fn a_file_that_differs_is_named_and_not_overwritten() {
    let mut other = Objects::new();
    other.insert("models/iris/00000001/model.onnx".into(), b"another".to_vec());
    let server = target(other.clone());
    let ran = import(&server, &exported(1).0);
    assert_eq!(ran.code, 1, "{ran:?}");
    assert!(ran.errors.contains("another models/00000001/model.onnx"), "{ran:?}");
    assert_eq!(server.objects(), other);
}

#[test]
fn a_damaged_export_is_refused_before_anything_is_stored() {
    let folder = exported(2);
    fs::write(folder.0.join("models/00000002/model.onnx"), b"model X").unwrap();
    let server = target(Objects::new());
    let ran = import(&server, &folder.0);
    assert_eq!((ran.code, server.objects().len()), (2, 0), "{ran:?}");
    assert!(ran.errors.contains("models/00000002/model.onnx") && ran.errors.contains("SHA-256"), "{ran:?}");
    fs::remove_file(folder.0.join("export.json")).unwrap();
    let ran = import(&server, &folder.0);
    assert_eq!(ran.code, 2, "{ran:?}");
    assert!(ran.errors.contains("there is no export.json"), "{ran:?}");
}

#[test]
fn an_export_needs_a_folder_of_its_own_and_a_complete_journal() {
    let folder = Folder::new();
    fs::create_dir_all(&folder.0).unwrap();
    fs::write(folder.0.join("notes.txt"), b"mine").unwrap();
    let ran = origin(1).run(&["export", "--to", folder.text()]);
    assert_eq!(ran.code, 2, "{ran:?}");
    assert!(ran.errors.contains("notes.txt"), "{ran:?}");
    fs::remove_file(folder.0.join("notes.txt")).unwrap();
    // The promotion of a moment ago is not in the bucket yet.
    let newer = json!({"champion": {"revision": 2, "version": {"number": 1}}});
    let server = Server::with_bucket(bucket(1), [("GET /api/champion", 200, newer)]);
    let ran = server.run(&["export", "--to", folder.text()]);
    assert_eq!((ran.code, folder.0.join("export.json").exists()), (1, false), "{ran:?}");
}

#[test]
fn an_import_needs_a_confirmation() {
    let (server, folder) = (target(Objects::new()), exported(1));
    let ran = server.run(&["import", folder.text(), "--reason", "it proved itself"]);
    assert_eq!((ran.code, server.objects().len()), (2, 0), "{ran:?}");
    assert!(ran.errors.contains("--yes"), "{ran:?}");
}
