//! A real browser: Chromium through chromedriver, driven over WebDriver. What it writes to its console, and what the
//! page's own policy refuses, fails the test.

use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use data_encoding::BASE64;
use fantoccini::elements::Element;
use fantoccini::key::Key;
use fantoccini::wd::{Capabilities, WebDriverCompatibleCommand};
use fantoccini::{Client, ClientBuilder, Locator};
use hyper_util::client::legacy::connect::HttpConnector;
use rustix::process::{Pid, Signal, kill_process_group};
use serde_json::{Value, json};
use tokio::sync::{Semaphore, SemaphorePermit};

/// How long anything may take to appear. Two cores may be busy with all other tests.
const PATIENCE: Duration = Duration::from_secs(40);
/// Width and height of a phone, in CSS pixels.
pub const PHONE: (u32, u32) = (375, 812);
pub const DESK: (u32, u32) = (1280, 900);

/// A browser takes a whole core while it starts; three at once are enough, and the story needs two.
static AT_ONCE: Semaphore = Semaphore::const_new(3);

/// One browser with a fresh profile; gone with everything it started when dropped, also on panic.
pub struct Browser {
    pub client: Client,
    pub width: u32,
    height: u32,
    driver: Driver,
    _profile: tempfile::TempDir,
    _turn: SemaphorePermit<'static>,
}

/// chromedriver leads a process group of its own, in which the browser is too.
struct Driver(Child);

impl Drop for Driver {
    fn drop(&mut self) {
        let _ = kill_process_group(Pid::from_child(&self.0), Signal::KILL);
        let _ = self.0.wait();
    }
}

impl Browser {
    pub async fn start((width, height): (u32, u32)) -> Self {
        let turn = AT_ONCE.acquire().await.unwrap();
        let profile = tempfile::tempdir().unwrap();
        let (driver, address) = start_driver(profile.path()).await;
        let client = ClientBuilder::new(HttpConnector::new())
            .capabilities(capabilities(profile.path(), width, height))
            .connect(&address)
            .await
            .expect("the browser does not start: is `chromium` of the same version as `chromedriver`?");
        let mut browser = Self { client, width: 0, height: 0, driver, _profile: profile, _turn: turn };
        browser.resize((width, height)).await;
        browser.dark(false).await;
        browser
    }

    /// The page as a screen of this size shows it; up to 600 wide it is a phone's.
    pub async fn resize(&mut self, (width, height): (u32, u32)) {
        if (self.width, self.height) == (width, height) {
            return;
        }
        let phone = width <= 600;
        let metrics = json!({ "width": width, "height": height, "deviceScaleFactor": 1, "mobile": phone });
        self.chrome("Emulation.setDeviceMetricsOverride", metrics).await;
        self.chrome("Emulation.setTouchEmulationEnabled", json!({ "enabled": phone })).await;
        (self.width, self.height) = (width, height);
    }

    /// Without motion, so that the colours of now are there at once.
    pub async fn dark(&self, dark: bool) {
        let value = if dark { "dark" } else { "light" };
        let scheme = json!({ "name": "prefers-color-scheme", "value": value });
        let features = json!([scheme, { "name": "prefers-reduced-motion", "value": "reduce" }]);
        self.chrome("Emulation.setEmulatedMedia", json!({ "features": features })).await;
    }

    /// The page as it is printed, or as on the screen again.
    pub async fn paper(&self, on: bool) {
        let media = if on { "print" } else { "" };
        self.chrome("Emulation.setEmulatedMedia", json!({ "media": media })).await;
    }

    /// Whether pages may run scripts.
    pub async fn scripts(&self, on: bool) {
        self.chrome("Emulation.setScriptExecutionDisabled", json!({ "value": !on })).await;
    }

    pub async fn open(&self, address: &str) {
        self.client.goto(address).await.unwrap_or_else(|error| panic!("{address}: {error}"));
    }

    pub async fn address(&self) -> String {
        self.client.current_url().await.unwrap().to_string()
    }

    /// Path and query of where the browser is.
    pub async fn path(&self) -> String {
        let url = self.client.current_url().await.unwrap();
        url.query().map_or(url.path().to_owned(), |query| format!("{}?{query}", url.path()))
    }

    pub async fn find(&self, css: &str) -> Element {
        match self.client.wait().at_most(PATIENCE).for_element(Locator::Css(css)).await {
            Ok(element) => element,
            Err(error) => panic!("{css} is not on {}: {error}\n{}", self.address().await, self.words().await),
        }
    }

    pub async fn has(&self, css: &str) -> bool {
        !self.client.find_all(Locator::Css(css)).await.unwrap().is_empty()
    }

    pub async fn text_of(&self, css: &str) -> String {
        self.find(css).await;
        // In one step: a live part of the page may be replaced between finding an element and asking for its text.
        let script = "return document.querySelector(arguments[0])?.innerText ?? ''";
        let text = self.client.execute(script, vec![json!(css)]).await.unwrap();
        text.as_str().unwrap_or_default().trim().to_owned()
    }

    /// Everything that the page shows.
    pub async fn words(&self) -> String {
        let text = self.client.execute("return document.body ? document.body.innerText : ''", vec![]).await;
        text.unwrap_or_default().as_str().unwrap_or_default().to_owned()
    }

    /// Waits until the page shows these words.
    pub async fn wait_for(&self, words: &str) {
        self.until(&format!("{words:?} on the page"), async || self.words().await.contains(words)).await;
    }

    pub async fn wait_for_path(&self, begins: &str) {
        self.until(&format!("the browser goes to {begins}"), async || self.path().await.starts_with(begins)).await;
    }

    pub async fn until(&self, what: &str, done: impl AsyncFn() -> bool) {
        let end = Instant::now() + PATIENCE;
        while !done().await {
            if Instant::now() > end {
                panic!("never happened: {what}; {} shows:\n{}", self.address().await, self.words().await);
            }
            tokio::time::sleep(Duration::from_millis(60)).await;
        }
    }

    /// Writes into a field, found by its CSS, in place of what stood there.
    pub async fn fill(&self, css: &str, text: &str) {
        let field = self.find(css).await;
        self.show(&field).await;
        field.clear().await.unwrap();
        field.send_keys(text).await.unwrap_or_else(|error| panic!("{css}: {error}"));
    }

    /// Like [`Browser::fill`] for text that would take long to type, or that a browser does not type (a date).
    pub async fn paste(&self, css: &str, text: &str) {
        let field = self.find(css).await;
        let script = "arguments[0].value = arguments[1]; \
                      arguments[0].dispatchEvent(new Event('input', { bubbles: true }));";
        let field = serde_json::to_value(&field).unwrap();
        self.client.execute(script, vec![field, json!(text)]).await.unwrap();
    }

    pub async fn click(&self, css: &str) {
        let element = self.find(css).await;
        self.press_on(&element, css).await;
    }

    pub async fn click_button(&self, label: &str) {
        self.click_path(&format!("//button[normalize-space(.)={}]", quoted(label))).await;
    }

    pub async fn click_link(&self, label: &str) {
        self.click_path(&format!("//a[normalize-space(.)={}]", quoted(label))).await;
    }

    /// Clicks the first element of an XPath that can be seen.
    pub async fn click_path(&self, path: &str) {
        let end = Instant::now() + PATIENCE;
        loop {
            for element in self.client.find_all(Locator::XPath(path)).await.unwrap_or_default() {
                if element.is_displayed().await.unwrap_or(false) {
                    return self.press_on(&element, path).await;
                }
            }
            if Instant::now() > end {
                panic!("{path} is not on {}:\n{}", self.address().await, self.words().await);
            }
            tokio::time::sleep(Duration::from_millis(60)).await;
        }
    }

    async fn press_on(&self, element: &Element, name: &str) {
        self.show(element).await;
        element.click().await.unwrap_or_else(|error| panic!("{name} cannot be clicked: {error}"));
    }

    /// What is covered by a bar that stays on the screen cannot be clicked: to the middle with it.
    async fn show(&self, element: &Element) {
        let script = "arguments[0].scrollIntoView({ block: 'center', behavior: 'instant' })";
        let _ = self.client.execute(script, vec![serde_json::to_value(element).unwrap()]).await;
    }

    /// Presses keys where the focus is.
    pub async fn press(&self, keys: &[Key]) {
        for key in keys {
            let focused = self.client.active_element().await.unwrap();
            focused.send_keys(&char::from(*key).to_string()).await.unwrap();
        }
    }

    pub async fn type_here(&self, text: &str) {
        self.client.active_element().await.unwrap().send_keys(text).await.unwrap();
    }

    /// What has the focus: `tag#id`, or `tag.text`.
    pub async fn focus(&self) -> String {
        let script = "const e = document.activeElement; \
                      return e.tagName.toLowerCase() + (e.id ? '#' + e.id : '.' + e.textContent.trim())";
        self.script(script).await.as_str().unwrap().to_owned()
    }

    pub async fn script(&self, script: &str) -> Value {
        self.client.execute(script, vec![]).await.unwrap_or_else(|error| panic!("{script}: {error}"))
    }

    /// Saves the whole page as `NAME.png` in the folder of screenshots.
    pub async fn shot(&self, name: &str) {
        self.save(name, json!({ "captureBeyondViewport": true })).await;
    }

    /// Saves the upper part of the page, as a picture for the README.
    pub async fn picture(&self, name: &str, height: u32) {
        self.script("scrollTo({ top: 0, behavior: 'instant' })").await;
        let clip = json!({ "x": 0, "y": 0, "width": self.width, "height": height, "scale": 1 });
        self.save(&format!("readme-{name}"), json!({ "clip": clip })).await;
    }

    async fn save(&self, name: &str, how: Value) {
        let Some(folder) = screenshots() else { return };
        let answer = self.chrome("Page.captureScreenshot", how).await;
        let png = BASE64.decode(answer["data"].as_str().unwrap().as_bytes()).unwrap();
        let file = folder.join(format!("{name}.png"));
        std::fs::create_dir_all(file.parent().unwrap()).unwrap();
        std::fs::write(&file, png).unwrap();
    }

    /// What the browser complained about since the last call: errors and warnings of scripts, of the network and of the
    /// page's policy. That a page itself was answered with an error status is no complaint: tests ask for such pages.
    pub async fn complaints(&self) -> Vec<String> {
        let here = self.address().await;
        let log = self.client.issue_cmd(Post("se/log", json!({ "type": "browser" }))).await.unwrap();
        let entries = log.as_array().cloned().unwrap_or_default();
        let serious = entries.iter().filter(|entry| entry["level"] == "SEVERE" || entry["level"] == "WARNING");
        let said = serious.map(|entry| entry["message"].as_str().unwrap_or_default().to_owned());
        said.filter(|text| !(text.contains("Failed to load resource") && text.starts_with(&here))).collect()
    }

    #[track_caller]
    pub fn no_complaints(&self) -> impl Future<Output = ()> {
        let caller = std::panic::Location::caller();
        async move {
            let complaints = self.complaints().await;
            assert!(
                complaints.is_empty(),
                "{caller}: the browser complains on {}: {complaints:#?}",
                self.address().await
            );
        }
    }

    /// Ends the browser in peace and says what it complained about last.
    pub async fn end(self) {
        self.no_complaints().await;
        let _ = self.client.clone().close().await;
        drop(self.driver);
    }

    async fn chrome(&self, command: &str, params: Value) -> Value {
        // Each of these says how things are to be, so it may be said again: on a busy machine Chromium is late at times.
        let mut tries = 3;
        loop {
            let ask = Post("goog/cdp/execute", json!({ "cmd": command, "params": params }));
            match self.client.issue_cmd(ask).await {
                Ok(answer) => return answer,
                Err(error) if tries == 0 => panic!("{command}: {error}"),
                Err(_) => tokio::time::sleep(Duration::from_secs(1)).await,
            }
            tries -= 1;
        }
    }
}

/// Where screenshots go: PLEDGEPOST_SCREENSHOTS. Without it none are taken, which saves minutes.
pub fn screenshots() -> Option<PathBuf> {
    std::env::var_os("PLEDGEPOST_SCREENSHOTS").map(PathBuf::from)
}

/// A command of chromedriver's own: path under the session, body.
#[derive(Debug)]
struct Post(&'static str, Value);

impl WebDriverCompatibleCommand for Post {
    fn endpoint(&self, base: &url::Url, session: Option<&str>) -> Result<url::Url, url::ParseError> {
        base.join(&format!("session/{}/{}", session.unwrap(), self.0))
    }
    fn method_and_body(&self, _: &url::Url) -> (reqwest::Method, Option<String>) {
        (reqwest::Method::POST, Some(self.1.to_string()))
    }
}

fn quoted(text: &str) -> String {
    assert!(!text.contains('"'), "XPath 1 cannot escape");
    format!("\"{text}\"")
}

/// chromedriver takes a free port itself and says which. It looks for one on IPv6 and ends when that is taken on IPv4:
/// then it is asked again.
async fn start_driver(folder: &Path) -> (Driver, String) {
    let log = folder.join("chromedriver.log");
    for _ in 0..10 {
        let out = std::fs::File::create(&log).unwrap();
        let mut command = Command::new("chromedriver");
        command.arg("--port=0").stdin(Stdio::null()).stderr(out.try_clone().unwrap()).stdout(out).process_group(0);
        let mut driver = Driver(command.spawn().expect(
            "chromedriver cannot be started: install the packages chromium and chromium-driver (scripts/test does)",
        ));
        let end = Instant::now() + PATIENCE;
        while driver.0.try_wait().unwrap().is_none() && Instant::now() < end {
            let said = std::fs::read_to_string(&log).unwrap();
            let port = said.split("started successfully on port ").nth(1).and_then(|rest| rest.split_once('.'));
            if let Some((port, _)) = port {
                return (driver, format!("http://127.0.0.1:{port}"));
            }
            tokio::time::sleep(Duration::from_millis(30)).await;
        }
    }
    panic!("chromedriver does not come up: {}", std::fs::read_to_string(&log).unwrap());
}

fn capabilities(profile: &Path, width: u32, height: u32) -> Capabilities {
    let user_data = profile.join("profile");
    let args = [
        "--headless=new".into(),
        // The container or user that runs the tests may have no namespaces to give; the pages are our own.
        "--no-sandbox".into(),
        "--disable-gpu".into(),
        "--disable-dev-shm-usage".into(),
        "--disable-quic".into(),
        "--no-first-run".into(),
        "--disable-background-networking".into(),
        "--disable-component-update".into(),
        "--disable-sync".into(),
        "--hide-scrollbars".into(),
        "--lang=en".into(),
        format!("--window-size={width},{height}"),
        format!("--user-data-dir={}", user_data.display()),
    ];
    let value = json!({
        "goog:chromeOptions": { "args": args.to_vec() as Vec<String>, "prefs": { "intl.accept_languages": "en" } },
        "goog:loggingPrefs": { "browser": "ALL" },
        // axe-core takes its time on a long page while other tests have both cores.
        "timeouts": { "script": 180_000 },
    });
    value.as_object().unwrap().clone()
}
