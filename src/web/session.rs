//! Staff sessions: kept in the database, so that they end when we say so. Only `/staff` has them.

use std::collections::HashMap;

use actix_session::SessionMiddleware;
use actix_session::config::{BrowserSession, CookieContentSecurity, TtlExtensionPolicy};
use actix_session::storage::{LoadError, SaveError, SessionKey, SessionStore, UpdateError};
use actix_web::cookie::time::Duration;
use actix_web::cookie::{Key, SameSite};
use actix_web::web::Data;

use super::extract::SESSION_STAFF;
use crate::app::App;
use crate::error::Error;
use crate::staff::store::sessions;
use crate::values::{At, StaffId, random_token, sha256_hex};

type State = HashMap<String, String>;

/// A staff member who is away longer logs in again.
const HOURS: i64 = 12;

/// The middleware around the `/staff` routes.
pub fn middleware(app: &Data<App>) -> SessionMiddleware<Sessions> {
    let lifecycle = BrowserSession::default()
        .state_ttl(Duration::hours(HOURS))
        .state_ttl_extension_policy(TtlExtensionPolicy::OnEveryRequest);
    SessionMiddleware::builder(Sessions { app: app.clone() }, key(app))
        .cookie_name("pledgepost_session".into())
        .cookie_path("/staff".into())
        .cookie_http_only(true)
        .cookie_same_site(SameSite::Lax)
        .cookie_secure(app.config.web.is_https())
        .cookie_content_security(CookieContentSecurity::Signed)
        .session_lifecycle(lifecycle)
        .build()
}

fn key(app: &App) -> Key {
    let halves = [app.root.keyed(b"session", b"cookie signature 1"), app.root.keyed(b"session", b"cookie signature 2")];
    Key::from(&halves.concat())
}

/// Rows of `sessions`; of the cookie's key only a hash is kept.
pub struct Sessions {
    app: Data<App>,
}

impl Sessions {
    fn until(&self, ttl: &Duration) -> At {
        self.app.clock.now() + chrono::Duration::seconds(ttl.whole_seconds())
    }

    async fn put(&self, key: &str, state: &State, ttl: &Duration) -> anyhow::Result<()> {
        let (hash, until) = (sha256_hex(key), self.until(ttl));
        let staff: Option<StaffId> = state.get(SESSION_STAFF).and_then(|id| id.parse().ok());
        let data = serde_json::to_string(state)?;
        let put = self.app.db.write(move |db| Ok::<_, Error>(sessions::put(db, &hash, staff, &data, until)?));
        put.await.map_err(anyhow::Error::new)
    }
}

impl SessionStore for Sessions {
    async fn load(&self, key: &SessionKey) -> Result<Option<State>, LoadError> {
        let (hash, now) = (sha256_hex(key.as_ref()), self.app.clock.now());
        let found = self.app.db.read(move |db| Ok::<_, Error>(sessions::find(db, &hash, now)?)).await;
        match found {
            Ok(data) => Ok(data.and_then(|data| serde_json::from_str(&data).ok())),
            Err(error) => {
                // As if logged out: the handler meets the same database and gives the page that fits.
                tracing::warn!(error = format!("{error:?}"), "a session cannot be read");
                Ok(None)
            }
        }
    }

    async fn save(&self, state: State, ttl: &Duration) -> Result<SessionKey, SaveError> {
        let key = random_token().map_err(SaveError::Other)?;
        self.put(&key, &state, ttl).await.map_err(SaveError::Other)?;
        key.try_into().map_err(|error| SaveError::Other(anyhow::Error::new(error)))
    }

    async fn update(&self, key: SessionKey, state: State, ttl: &Duration) -> Result<SessionKey, UpdateError> {
        // Ended meanwhile (a password was changed): it must not come back to life.
        let (hash, now) = (sha256_hex(key.as_ref()), self.app.clock.now());
        let (staff, until) = (state.get(SESSION_STAFF).and_then(|id| id.parse().ok()), self.until(ttl));
        let data = serde_json::to_string(&state).map_err(|error| UpdateError::Serialization(error.into()))?;
        let update =
            self.app.db.write(move |db| Ok::<_, Error>(sessions::update(db, &hash, staff, &data, until, now)?));
        update.await.map_err(|error| UpdateError::Other(anyhow::Error::new(error)))?;
        Ok(key)
    }

    async fn update_ttl(&self, key: &SessionKey, ttl: &Duration) -> anyhow::Result<()> {
        let (hash, until) = (sha256_hex(key.as_ref()), self.until(ttl));
        let due = until - chrono::Duration::minutes(15);
        let read_hash = hash.clone();
        let expires = self.app.db.read(move |db| Ok::<_, Error>(sessions::expires_at(db, &read_hash)?)).await?;
        // Not a write per request: only when a quarter of an hour has passed.
        if expires.is_some_and(|expires| expires < due) {
            self.app.db.write(move |db| Ok::<_, Error>(sessions::extend(db, &hash, until)?)).await?;
        }
        Ok(())
    }

    async fn delete(&self, key: &SessionKey) -> anyhow::Result<()> {
        let hash = sha256_hex(key.as_ref());
        let delete = self.app.db.write(move |db| Ok::<_, Error>(sessions::delete(db, &hash)?));
        delete.await.map_err(anyhow::Error::new)
    }
}
