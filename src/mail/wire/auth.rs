//! Logging in (RFC 4954): PLAIN, or LOGIN where that is all there is. Nothing of it is ever logged.

use std::time::Duration;

use data_encoding::BASE64;

use super::extensions::Extensions;
use super::failure::Failure;
use super::stream::Line;

/// The caller saw to it that nobody can listen.
pub(super) async fn log_in(
    line: &mut Line,
    offered: &Extensions,
    (user, password): (&str, &str),
    time: Duration,
) -> Result<(), Failure> {
    let result = match (offered.auth_plain, offered.auth_login) {
        (true, _) => {
            let secret = BASE64.encode(format!("\0{user}\0{password}").as_bytes());
            line.command(time, &["AUTH PLAIN ", &secret]).await
        }
        (false, true) => login(line, user, password, time).await,
        (false, false) => {
            return Err(Failure::ours("it offers no way to log in that we know (AUTH PLAIN, AUTH LOGIN)"));
        }
    };
    // The buffer lives on; the password in it need not.
    line.out.fill(0);
    line.out.clear();
    match result? {
        200..=299 => Ok(()),
        _ => Err(Failure::Refused(line.inbox.reply())),
    }
}

async fn login(line: &mut Line, user: &str, password: &str, time: Duration) -> Result<u16, Failure> {
    let mut code = line.command(time, &["AUTH LOGIN"]).await?;
    // It asks for the name, then for the password; what its questions say is not to be relied on.
    for answer in [user, password] {
        if code != 334 {
            return Ok(code);
        }
        code = line.command(time, &[&BASE64.encode(answer.as_bytes())]).await?;
    }
    Ok(code)
}
