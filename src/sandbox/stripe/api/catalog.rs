//! `/v1/products`, `/v1/prices`, and `price_data` of sessions.

use serde_json::Value;

use super::lists::{page, same};
use super::params::{Kind, Params, missing};
use super::{Answered, Call};
use crate::sandbox::stripe::fault::{ApiError, Fault};
use crate::sandbox::stripe::fees;
use crate::sandbox::stripe::json::Json;
use crate::sandbox::stripe::objects::catalog;
use crate::sandbox::stripe::run::Run;
use crate::values::{Currency, Money};

const PRODUCT_DATA: Params = &[
    ("description", Kind::Text),
    ("images", Kind::List(&Kind::Text)),
    ("metadata", Kind::Metadata),
    ("name", Kind::Text),
    ("unit_label", Kind::Text),
];
const RECURRING: Params =
    &[("interval", Kind::OneOf(&["day", "week", "month", "year"])), ("interval_count", Kind::Int)];
pub const PRICE_DATA: Params = &[
    ("currency", Kind::Currency),
    ("product", Kind::Text),
    ("product_data", Kind::Object(PRODUCT_DATA)),
    ("recurring", Kind::Object(RECURRING)),
    ("unit_amount", Kind::Int),
];
pub const PRODUCT: Params = &[
    ("active", Kind::Bool),
    ("description", Kind::Text),
    ("images", Kind::List(&Kind::Text)),
    ("metadata", Kind::Metadata),
    ("name", Kind::Text),
    ("unit_label", Kind::Text),
];
pub const PRODUCTS: Params = &[("active", Kind::Bool), ("ids", Kind::List(&Kind::Text))];
pub const PRICE: Params = &[
    ("active", Kind::Bool),
    ("currency", Kind::Currency),
    ("lookup_key", Kind::Text),
    ("metadata", Kind::Metadata),
    ("nickname", Kind::Text),
    ("product", Kind::Text),
    ("product_data", Kind::Object(PRODUCT_DATA)),
    ("recurring", Kind::Object(RECURRING)),
    ("unit_amount", Kind::Int),
];
pub const PRICES: Params = &[
    ("active", Kind::Bool),
    ("currency", Kind::Currency),
    ("product", Kind::Text),
    ("type", Kind::OneOf(&["one_time", "recurring"])),
];

/// A price (and its product) made for one session.
pub fn inline(run: &mut Run<'_>, data: &Value, name: &str) -> Result<(Value, Value), Fault> {
    price_of(run, data, name, false)
}

fn price_of(run: &mut Run<'_>, data: &Value, name: &str, active: bool) -> Result<(Value, Value), Fault> {
    let full = |field: &str| if name.is_empty() { field.to_owned() } else { format!("{name}[{field}]") };
    let code = data.maybe("currency").ok_or_else(|| missing(&full("currency")))?;
    let currency = Currency::parse(code).map_err(|e| ApiError::invalid(e.to_string()))?;
    let amount = data.maybe_int("unit_amount").ok_or_else(|| missing(&full("unit_amount")))?;
    if amount < 0 {
        let said = "Invalid non-negative integer";
        return Err(ApiError::invalid(said)
            .code("parameter_invalid_integer")
            .param(&full("unit_amount"))
            .before()
            .into());
    }
    if currency.exponent() == 3 && amount % 10 != 0 {
        let said = format!("Amounts in {} must end in 0: the last digit is not supported.", currency);
        return Err(ApiError::invalid(said)
            .code("parameter_invalid_integer")
            .param(&full("unit_amount"))
            .before()
            .into());
    }
    if !data.is_nothing("recurring") && data.maybe("recurring.interval").is_none() {
        return Err(missing(&format!("{}[interval]", full("recurring"))).into());
    }
    // Three years at most, in any unit.
    let longest = match data.text("recurring.interval") {
        "day" => 1095,
        "week" => 156,
        "year" => 3,
        _ => 36,
    };
    if data.maybe_int("recurring.interval_count").is_some_and(|count| !(1..=longest).contains(&count)) {
        let said = format!("The interval count must be between 1 and {longest}.");
        return Err(ApiError::invalid(said).param(&full("recurring")).before().into());
    }
    let product = match data.maybe("product") {
        Some(product) => run.named("product", product, &full("product"))?,
        None if data.is_nothing("product_data") => return Err(missing(&full("product_data")).into()),
        None if data.maybe("product_data.name").is_none() => {
            return Err(missing(&format!("{}[name]", full("product_data"))).into());
        }
        None => {
            let product = catalog::product(data.get_at("product_data"), active, run.seconds())?;
            run.add(&product)?;
            product
        }
    };
    let price = catalog::price(data, product.text("id"), active, run.seconds())?;
    run.add(&price)?;
    Ok((price, product))
}

/// Whether Stripe would charge that amount.
pub fn chargeable(minor: i64, currency: &Currency, param: &str) -> Result<(), ApiError> {
    let smallest = fees::smallest(currency);
    if minor < smallest {
        let said = format!(
            "The amount must be at least {}, because that is the smallest amount that can be charged.",
            Money::new(smallest, currency.clone())
        );
        return Err(ApiError::invalid(said).code("amount_too_small").param(param).before());
    }
    if minor > fees::GREATEST {
        let said = format!("Amount must be no more than {}", Money::new(fees::GREATEST, currency.clone()));
        return Err(ApiError::invalid(said).code("amount_too_large").param(param).before());
    }
    Ok(())
}

pub fn create_product(run: &mut Run<'_>, call: &Call) -> Answered {
    call.params.maybe("name").ok_or_else(|| missing("name"))?;
    let active = call.params.get_at("active").as_bool().unwrap_or(true);
    let product = catalog::product(&call.params, active, run.seconds())?;
    run.add(&product)?;
    run.emit("product.created", &product)?;
    Ok(product.into())
}

pub fn create_price(run: &mut Run<'_>, call: &Call) -> Answered {
    let active = call.params.get_at("active").as_bool().unwrap_or(true);
    let (price, _) = price_of(run, &call.params, "", active)?;
    run.emit("price.created", &price)?;
    Ok(price.into())
}

pub fn product(run: &mut Run<'_>, call: &Call) -> Answered {
    Ok(run.named("product", &call.id, "id")?.into())
}

pub fn price(run: &mut Run<'_>, call: &Call) -> Answered {
    Ok(run.named("price", &call.id, "price")?.into())
}

fn as_active(value: &Value, call: &Call) -> bool {
    call.params.get_at("active").as_bool().is_none_or(|active| value.flag("active") == active)
}

pub fn products(run: &mut Run<'_>, call: &Call) -> Answered {
    let ids = call.params.list("ids");
    let page = page(run, call, "product", "/v1/products", |product| {
        as_active(product, call) && (ids.is_empty() || ids.contains(product.get_at("id")))
    })?;
    Ok(page.into())
}

pub fn prices(run: &mut Run<'_>, call: &Call) -> Answered {
    let page = page(run, call, "price", "/v1/prices", |price| {
        as_active(price, call)
            && same(price, "product", call, "product")
            && same(price, "currency", call, "currency")
            && same(price, "type", call, "type")
    })?;
    Ok(page.into())
}
