//! Money that moves past our program: by hand in Stripe's dashboard, by Stripe itself, by the bank.

use actix_web::web::{Data, Path};
use serde::Deserialize;

use super::{only_with_sandbox_stripe, see_other};
use crate::app::App;
use crate::error::Error;
use crate::sandbox::stripe::engine;
use crate::values::{Currency, Money, clean_line};
use crate::web::Answer;
use crate::web::extract::{Form, Loopback};

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct MoneyForm {
    what: String,
    amount: String,
    currency: String,
    description: String,
}

/// `POST /sandbox/stripe/money`
pub async fn move_money(_: Loopback, app: Data<App>, form: Form<MoneyForm>) -> Answer {
    let stripe = only_with_sandbox_stripe(&app)?;
    let form = form.0;
    let what = match form.what.as_str() {
        "charge" => "charge",
        "fee" => "fee",
        "payout" => "payout",
        _ => return Err(Error::invalid("what", "is charge, fee or payout").into()),
    };
    let money = Currency::parse(&form.currency).ok().and_then(|currency| Money::parse(&form.amount, currency).ok());
    let Some(money) = money else { return see_other("/sandbox/stripe?error=amount") };
    let bell = stripe.bell.clone();
    let words = clean_line(&form.description, 200).unwrap_or_default();
    let done = app.db.write(move |db| match what {
        "charge" => engine::charge_by_hand(db, &stripe, &money, &words),
        "fee" => engine::own_fee(db, &stripe, &money),
        _ => engine::pay_out_by_hand(db, &stripe, &money),
    });
    match done.await {
        Ok(_) => {
            bell.notify_one();
            see_other(&format!("/sandbox/stripe?done={what}"))
        }
        Err(Error::Invalid(_)) => see_other("/sandbox/stripe?error=amount"),
        Err(Error::Conflict(_)) => see_other("/sandbox/stripe?error=funds"),
        Err(other) => Err(other.into()),
    }
}

/// `POST /sandbox/stripe/payouts/{id}/fail`
pub async fn fail_payout(_: Loopback, app: Data<App>, id: Path<String>) -> Answer {
    let stripe = only_with_sandbox_stripe(&app)?;
    let (id, bell) = (id.into_inner(), stripe.bell.clone());
    match app.db.write(move |db| engine::fail_payout(db, &stripe, &id)).await {
        Ok(()) => {
            bell.notify_one();
            see_other("/sandbox/stripe?done=failed")
        }
        Err(Error::Conflict(_)) => see_other("/sandbox/stripe?error=failed"),
        Err(other) => Err(other.into()),
    }
}
