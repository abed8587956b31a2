//! axe-core, which finds what bars people from a page: <https://github.com/dequelabs/axe-core>.
//!
//! It is put into the page by the browser's driver, which no policy of the page forbids: the policy stays as strict as
//! it is for readers. Inside the sandboxed frames that show mails no script runs, not even axe's: mails are looked at
//! by themselves, with [`barriers_of_mail`].

use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::sync::LazyLock;

use serde_json::{Value, json};

use crate::support::browser::Browser;
use crate::support::python;

/// The version of the Python package that carries axe-core.
const PACKAGE: &str = include_str!("../../scripts/axe-python-version");

static SOURCE: LazyLock<String> = LazyLock::new(|| std::fs::read_to_string(file()).unwrap());

/// Which of its rules are asked.
#[derive(Clone, Copy)]
pub enum Rules {
    /// WCAG 2.0, 2.1 and 2.2 at A and AA, best practice, and what axe still calls experimental of these.
    All,
    /// WCAG for a mail, which is no page: it has no landmarks and no skip link.
    Mail,
    /// Those whose answer another width can change.
    Width,
    /// Those whose answer other colours can change.
    Colours,
}

impl Rules {
    fn options(self) -> Value {
        let asked = match self {
            Self::All => json!({
                "runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"],
                "rules": {
                    "target-size": { "enabled": true },
                    "label-content-name-mismatch": { "enabled": true },
                    "p-as-heading": { "enabled": true },
                    "table-fake-caption": { "enabled": true },
                    "td-has-header": { "enabled": true },
                },
            }),
            Self::Mail => json!({ "runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa"] }),
            Self::Width => only(&[
                "color-contrast",
                "empty-heading",
                "empty-table-header",
                "heading-order",
                "landmark-one-main",
                "link-in-text-block",
                "meta-viewport",
                "page-has-heading-one",
                "region",
                "scrollable-region-focusable",
                "target-size",
                "td-has-header",
            ]),
            Self::Colours => only(&["color-contrast", "link-in-text-block"]),
        };
        let mut options = asked;
        options["iframes"] = json!(false);
        options["resultTypes"] = json!(["violations"]);
        options
    }
}

fn only(rules: &[&str]) -> Value {
    json!({ "runOnly": { "type": "rule", "values": rules } })
}

const RUN: &str = r"
const [options, done] = arguments;
axe.run(document, options).then(
    (found) => done(found.violations.flatMap((rule) => rule.nodes.map((node) => {
        const why = [...node.any, ...node.all, ...node.none].map((check) => check.message).join('; ');
        return `${rule.id}: ${node.target.join(' ')}: ${rule.help}. ${why}`;
    }))),
    (error) => done(['axe failed: ' + error]),
);
";

/// What is wrong with the page that the browser shows, each with rule, place and axe's words for it.
pub async fn barriers(browser: &Browser, rules: Rules) -> Vec<String> {
    if browser.script("return typeof axe").await == "undefined" {
        browser.client.execute(&SOURCE, vec![]).await.expect("axe-core does not start");
    }
    let found = browser.client.execute_async(RUN, vec![rules.options()]).await.expect("axe-core does not answer");
    found.as_array().unwrap().iter().map(|text| text.as_str().unwrap().to_owned()).collect()
}

/// What is wrong with this mail, as a mail program in light and in dark colours shows it.
pub async fn barriers_of_mail(browser: &Browser, html: &str) -> Vec<String> {
    browser.open("about:blank").await;
    let show = "document.open(); document.write(arguments[0]); document.close()";
    browser.client.execute(show, vec![json!(html)]).await.unwrap();
    let mut found = barriers(browser, Rules::Mail).await;
    browser.dark(true).await;
    let dark = barriers(browser, Rules::Colours).await;
    browser.dark(false).await;
    found.extend(dark.into_iter().map(|text| format!("dark: {text}")));
    found
}

/// The file in the Python that `scripts/test` makes.
fn file() -> PathBuf {
    let find = "import sys; from importlib.metadata import files, version\n\
                if version('axe-playwright-python') != sys.argv[1]: sys.exit(1)\n\
                print([f for f in files('axe-playwright-python') if f.name == 'axe.min.js'][0].locate())";
    let python = python();
    let found = Command::new(&python).args(["-c", find, PACKAGE.trim()]).stderr(Stdio::null()).output();
    match found {
        Ok(found) if found.status.success() => String::from_utf8(found.stdout).unwrap().trim().into(),
        _ => panic!(
            "{} does not have the package axe-playwright-python {}, which carries axe-core: run scripts/test, which \
             installs it, or set PLEDGEPOST_TEST_PYTHON to a Python that has it",
            python.display(),
            PACKAGE.trim()
        ),
    }
}
