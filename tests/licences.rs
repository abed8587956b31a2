//! What the program is made of may be given away under its own licence: no dependency binds the whole (GPL, AGPL), and
//! every one comes from the registry, so that a clean clone can be built.

use std::process::Command;

use serde_json::Value;

/// Licences that ask something of their own text only, not of the program that uses it.
const FREE: [&str; 18] = [
    "0BSD",
    "Apache-2.0",
    "Apache-2.0 WITH LLVM-exception",
    "BSD-2-Clause",
    "BSD-3-Clause",
    "BSL-1.0",
    "CC0-1.0",
    "CDLA-Permissive-2.0",
    "ISC",
    "MIT",
    "MIT-0",
    "MPL-2.0",
    "OpenSSL",
    "PostgreSQL",
    "Unicode-3.0",
    "Unlicense",
    "WTFPL",
    "Zlib",
];

#[test]
fn no_dependency_binds_the_whole() {
    let host = output("rustc", &["-vV"]);
    let host = host.lines().find_map(|line| line.strip_prefix("host: ")).unwrap();
    // Offline: what is built now has been fetched.
    let arguments = ["metadata", "--format-version=1", "--locked", "--offline", "--filter-platform", host];
    let metadata: Value = serde_json::from_str(&output(env!("CARGO"), &arguments)).unwrap();
    let mut wrong = Vec::new();
    for package in metadata["packages"].as_array().unwrap() {
        let name = format!("{} {}", package["name"].as_str().unwrap(), package["version"].as_str().unwrap());
        let licence = package["license"].as_str().unwrap_or("(none)");
        if !may_be_used(licence) {
            wrong.push(format!("{name}: {licence}"));
        }
        if package["source"].as_str().is_some_and(|source| !source.starts_with("registry+")) {
            wrong.push(format!("{name}: not from the registry"));
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

/// Whether an SPDX expression (or the older `A/B`) leaves a choice that is free.
fn may_be_used(expression: &str) -> bool {
    let flat = expression.replace(['(', ')'], "").replace('/', " OR ");
    // Without parentheses this reads `A AND B OR C` as needing (A) and one of (B, C): stricter or equal for what is there.
    flat.split(" AND ").all(|all| all.split(" OR ").any(|one| FREE.contains(&one.trim())))
}

#[test]
fn expressions_are_read() {
    for good in ["MIT", "MIT OR GPL-3.0", "MIT/Apache-2.0", "(MIT OR Apache-2.0) AND Unicode-3.0"] {
        assert!(may_be_used(good), "{good}");
    }
    for bad in ["GPL-3.0-or-later", "AGPL-3.0", "MIT AND GPL-2.0", "(none)"] {
        assert!(!may_be_used(bad), "{bad}");
    }
}

fn output(program: &str, arguments: &[&str]) -> String {
    let output = Command::new(program).args(arguments).current_dir(env!("CARGO_MANIFEST_DIR")).output().unwrap();
    assert!(output.status.success(), "{program}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}
