//! Who may import whom (design, section 3), read from the source.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

const PLATFORM: &[&str] =
    &["installation", "lease", "audit", "organisation", "i18n", "mail", "outbox", "jobs", "payments", "stripe"];
const FEATURES: &[&str] = &["staff", "subscribers", "analyses", "campaigns", "returns", "donations", "finance"];

/// What a folder may import besides itself, `values`, `error` and `db`.
fn may_import(importer: &str, imported: &str) -> bool {
    let platform = PLATFORM.contains(&imported);
    match importer {
        "main" | "lib" | "cli" | "app" | "web" => true,
        "sandbox" => platform || imported == "web" || imported == "app",
        "values" => imported == "db",
        "error" | "telemetry" => false,
        "db" => false,
        "config" => false,
        "installation" => imported == "config",
        // Each takes one checked struct of settings, as it takes a value.
        "outbox" | "campaigns" | "stripe" if imported == "config" => true,
        name if PLATFORM.contains(&name) => platform,
        name if FEATURES.contains(&name) => {
            let between = [
                ("campaigns", "subscribers"),
                ("campaigns", "analyses"),
                ("analyses", "subscribers"),
                ("returns", "subscribers"),
                ("finance", "donations"),
            ];
            platform || between.contains(&(name, imported))
        }
        "people" => platform || FEATURES.contains(&imported),
        _ => false,
    }
}

fn sources() -> Vec<(PathBuf, String)> {
    fn walk(folder: &Path, found: &mut Vec<(PathBuf, String)>) {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            match path.is_dir() {
                true => walk(&path, found),
                false if path.extension().is_some_and(|e| e == "rs") => {
                    found.push((path.clone(), std::fs::read_to_string(&path).unwrap()));
                }
                false => {}
            }
        }
    }
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut found = Vec::new();
    walk(&root, &mut found);
    found.into_iter().map(|(path, text)| (path.strip_prefix(&root).unwrap().to_owned(), text)).collect()
}

fn module(path: &Path) -> String {
    let first = path.components().next().unwrap().as_os_str().to_string_lossy().into_owned();
    first.trim_end_matches(".rs").to_owned()
}

/// Lines of code; tests inside a file may use what they need.
fn code(text: &str) -> impl Iterator<Item = &str> {
    let code = text.split("#[cfg(test)]").next().unwrap();
    code.lines().map(str::trim).filter(|line| !line.starts_with("//"))
}

#[test]
fn modules_import_downward() {
    let mut wrong = BTreeSet::new();
    for (path, text) in sources() {
        let importer = module(&path);
        for line in code(&text) {
            for part in line.split("crate::").skip(1) {
                let imported: String = part.chars().take_while(|c| c.is_ascii_alphanumeric() || *c == '_').collect();
                let macros = ["on_each", "text_enum"].contains(&imported.as_str());
                let ground = ["values", "error", "db"].contains(&imported.as_str());
                let ground = ground && !(matches!(importer.as_str(), "values" | "error") && imported == "error");
                if imported != importer && !macros && !ground && !may_import(&importer, &imported) {
                    wrong.insert(format!("{}: {imported}", path.display()));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "against the table of who may import whom:\n{wrong:#?}");
}

#[test]
fn features_know_no_http() {
    for (path, text) in sources() {
        if !["web", "cli", "app", "main", "lib", "sandbox"].contains(&module(&path).as_str()) {
            assert!(!code(&text).any(|line| line.contains("actix")), "{} names actix", path.display());
        }
    }
}

#[test]
fn tables_are_named_in_stores_alone() {
    for (path, text) in sources() {
        let (name, module) = (path.to_string_lossy().into_owned(), module(&path));
        let store = name.contains("/store/") || name.ends_with("store.rs") || name.ends_with("model.rs");
        // Platform folders are small and own their tables; features and surfaces keep to stores.
        let strict = FEATURES.contains(&module.as_str()) || ["web", "cli", "app", "people"].contains(&module.as_str());
        if strict && !store {
            assert!(!code(&text).any(|line| line.contains("schema::")), "{name} names a table: move it to a store");
        }
    }
}

#[test]
fn one_code_path_over_both_back_ends() {
    for (path, text) in sources() {
        if module(&path) != "db" {
            let names = |line: &str| line.contains("Db::Pg") || line.contains("Db::Sqlite");
            assert!(!code(&text).any(names), "{} asks which back end it is", path.display());
        }
    }
}
