//! What stands before the story begins: a fresh database, the organisation, its analyses, readers and staff.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::Context;

use super::content::{self, Content};
use super::say;
use crate::app::App;
use crate::audit::Actor;
use crate::config::Config;
use crate::db::{DatabaseUrl, dialect, migrate};
use crate::installation::{self, MadeBy};
use crate::staff::members::NewMember;
use crate::staff::{self, Password, Role};
use crate::subscribers::import::{self, ImportTerms};
use crate::values::{Clock, EmailAddress, Language, Slug, TopicId, random_token};

/// Readers per language and topic mix; a few hundred in all.
const READERS: usize = 360;

/// Where the demo's database is.
pub struct Place {
    pub url: String,
    temporary: Option<PathBuf>,
}

impl Place {
    /// Removes a temporary folder; a database that was asked for stays.
    pub fn clear(self) {
        if let Some(folder) = self.temporary {
            let _ = std::fs::remove_dir_all(folder);
        }
    }
}

/// `DATABASE_URL` beats `--data`, which beats a fresh temporary folder.
pub fn place(data: Option<&Path>) -> anyhow::Result<Place> {
    if let Some(url) = std::env::var("DATABASE_URL").ok().filter(|url| !url.is_empty()) {
        return Ok(Place { url, temporary: None });
    }
    let (folder, temporary) = match data {
        Some(folder) => (folder.to_owned(), None),
        None => {
            let folder = std::env::temp_dir().join(format!("pledgepost-demo-{}", random_token()?));
            (folder.clone(), Some(folder))
        }
    };
    std::fs::create_dir_all(&folder).with_context(|| format!("cannot make the folder {}", folder.display()))?;
    Ok(Place { url: format!("sqlite://{}", folder.join("demo.db").display()), temporary })
}

/// Opens the database, empty. One that the demo made before is emptied; any other is refused.
pub fn fresh(url: &str, port: u16) -> anyhow::Result<Arc<App>> {
    let config = Config::demo(url, port)?;
    empty(&config.database)?;
    App::build(config, Clock::System, MadeBy::Demo)
}

fn empty(url: &DatabaseUrl) -> anyhow::Result<()> {
    let mut db = crate::db::open(url).with_context(|| format!("cannot open {}", url.shown()))?;
    if !dialect::table_exists(&mut db, "installation")? {
        return Ok(());
    }
    installation::refuse_unless_demo(&mut db)?;
    migrate::redo_all(&mut db)
}

/// What the story needs to know.
pub struct Ready {
    pub content: Content,
    pub topics: Vec<(String, TopicId)>,
    /// The address of each role's account.
    pub staff: Vec<(Role, EmailAddress)>,
    /// One for all sample accounts, made anew each time.
    pub password: String,
}

pub async fn prepare(app: &Arc<App>) -> anyhow::Result<Ready> {
    let (content, now) = (Content::read()?, app.clock.now());
    let loaded = content.clone();
    let topics = app.db.write(move |db| content::load(db, &loaded, now)).await?;
    let password: String = random_token()?.chars().take(16).collect();
    let staff = add_staff(app, &password)?;
    add_readers(app, &content, &topics)?;
    say(&format!(
        "Ready: {} with {} analyses, {} topics, {READERS} readers in two languages, {} staff accounts.",
        content.organisation.name,
        content.analyses.len() - 1,
        topics.len(),
        staff.len()
    ))?;
    Ok(Ready { content, topics, staff, password })
}

fn add_staff(app: &App, password: &str) -> anyhow::Result<Vec<(Role, EmailAddress)>> {
    let (mut accounts, now, actor) = (Vec::new(), app.clock.now(), Actor::program());
    for &role in Role::ALL {
        let email = EmailAddress::parse(&format!("{role}@equal-ground.example"))?;
        let hash = Password::parse(password, &email).map_err(|error| anyhow::anyhow!("{error}"))?.hash()?;
        let name = match role {
            Role::Admin => "Ada Okoye",
            Role::Campaigner => "Камила Ахметова",
            Role::Finance => "Fatima Lindqvist",
            Role::Viewer => "Vera Novak",
        };
        let new = NewMember { email: &email, name, role };
        let link = |path: &str| app.config.web.link(path);
        app.db.write_here(|db| staff::add(db, &new, Some(&hash), false, link, &actor, now))?;
        accounts.push((role, email));
    }
    Ok(accounts)
}

/// Imports readers as the command does: every reader chose the first topic or another, some both.
fn add_readers(app: &App, content: &Content, topics: &[(String, TopicId)]) -> anyhow::Result<()> {
    let mut files = vec![String::from("email,name,language\n"); topics.len()];
    for number in 0..READERS {
        let (names, language) = match number % 2 {
            0 => (&content.names.english, "en"),
            _ => (&content.names.russian, "ru"),
        };
        let name = names.get(number / 2 % names.len().max(1)).map(String::as_str).unwrap_or_default();
        let provider = if number % 3 == 0 { "letters" } else { "mail" };
        let row = format!("reader{number}@{provider}.example,{name},{language}\n");
        for (index, file) in files.iter_mut().enumerate() {
            if number % topics.len() == index || (number / 2) % 5 == index {
                file.push_str(&row);
            }
        }
    }
    for ((slug, topic), file) in topics.iter().zip(&files) {
        let terms = ImportTerms {
            topic: *topic,
            slug: Slug::parse(slug)?,
            basis: Some("Sample readers of the demo".into()),
            language: Language::english(),
        };
        import::import(&app.db, file.as_bytes(), &terms, &app.root, app.clock.now(), &mut |line, why| {
            tracing::error!(line, why, "sample reader rejected");
        })?;
    }
    Ok(())
}

/// Where to look when the story is over.
pub fn say_where(app: &App, ready: &Ready) -> anyhow::Result<()> {
    let link = |path: &str| app.config.web.link(path);
    say("")?;
    say(&format!("Readers' pages   {}", link("/")))?;
    say(&format!("The mailbox      {}", link("/sandbox/mail")))?;
    say(&format!("Finance          {} (log in as finance or admin)", link("/staff/finance")))?;
    say(&format!("Staff            {}", link("/staff")))?;
    for (role, email) in &ready.staff {
        say(&format!("                 {email}  password {}  ({role}: {})", ready.password, sees(*role)))?;
    }
    Ok(())
}

/// What is there for whoever logs in with this role.
fn sees(role: Role) -> &'static str {
    match role {
        Role::Admin => "everything",
        Role::Campaigner => "analyses, campaigns, subscribers",
        Role::Finance => "gifts, and their way to the bank and the journal",
        Role::Viewer => "analyses, campaigns, sums; no names",
    }
}
