//! People: who may sign in.

use admin::NewAccount;
use axum::http::{Method, StatusCode, header};
use model::{
    account::{Account, Role},
    id::AccountId,
};
use serde_json::{Value, json};

use crate::api::call::{Answer, Call, CallEndpoint, json as answer, with};

pub(super) fn operations() -> Vec<CallEndpoint> {
    let write = Some("keyward.accounts.write");
    vec![
        CallEndpoint::new(
            (Method::GET, "/api/v1/accounts"),
            ("list_accounts", "List people"),
            Some("keyward.accounts.read"),
            |call| Box::pin(list(call)),
        )
        .answers(StatusCode::OK, "Accounts"),
        CallEndpoint::new(
            (Method::POST, "/api/v1/accounts"),
            ("create_account", "Add somebody who signs in with a password"),
            write,
            |call| Box::pin(create(call)),
        )
        .body("NewAccount")
        .answers(StatusCode::CREATED, "Account"),
        CallEndpoint::new(
            (Method::GET, "/api/v1/accounts/{id}"),
            ("get_account", "Show a person"),
            Some("keyward.accounts.read"),
            |call| Box::pin(show(call)),
        )
        .answers(StatusCode::OK, "Account"),
        CallEndpoint::new(
            (Method::POST, "/api/v1/accounts/{id}/enable"),
            ("enable_account", "Let somebody sign in again"),
            write,
            |call| Box::pin(switch(call, true)),
        )
        .answers(StatusCode::OK, "Account"),
        CallEndpoint::new(
            (Method::POST, "/api/v1/accounts/{id}/disable"),
            ("disable_account", "Keep somebody from signing in; their keys are refused"),
            write,
            |call| Box::pin(switch(call, false)),
        )
        .answers(StatusCode::OK, "Account"),
    ]
}

fn account_json(account: &Account) -> Value {
    json!({
        "id": account.id.to_string(),
        "email": account.email.as_str(),
        "role": account.role.code(),
        "created_at": account.created_at.to_string(),
        "disabled_at": account.disabled_at.map(|at| at.to_string()),
    })
}

async fn list(call: Call) -> Answer {
    let accounts = call.app.admin.accounts(call.permit()?).await.map_err(|error| call.failed(error))?;
    let accounts: Vec<_> = accounts.iter().map(account_json).collect();
    Ok(answer(StatusCode::OK, &json!({ "accounts": accounts })))
}

async fn create(call: Call) -> Answer {
    let body = call.object(&["email", "role", "password"])?;
    let text = |name: &'static str| Ok(call.text(&body, name)?.unwrap_or_default());
    let Some(role) = Role::parse(&text("role")?) else {
        let roles = Role::ALL.map(Role::code).join(", ");
        return Err(call.invalid(vec![("role".to_owned(), format!("Give one of {roles}."))]));
    };
    let form = NewAccount { email: text("email")?, password: text("password")? };
    let made = call.app.admin.create_account(call.permit()?, form, role).await.map_err(|error| call.failed(error))?;
    let place = format!("{}/{}", call.path(), made.id);
    Ok(with(answer(StatusCode::CREATED, &account_json(&made)), header::LOCATION, &place))
}

async fn show(call: Call) -> Answer {
    let id = AccountId::parse(call.param("id")).ok_or_else(|| call.nothing())?;
    let account = call.app.admin.account(call.permit()?, id).await.map_err(|error| call.failed(error))?;
    Ok(answer(StatusCode::OK, &account_json(&account)))
}

async fn switch(call: Call, on: bool) -> Answer {
    let id = AccountId::parse(call.param("id")).ok_or_else(|| call.nothing())?;
    let (admin, permit) = (&call.app.admin, call.permit()?);
    let switched = if on { admin.enable_account(permit, id).await } else { admin.disable_account(permit, id).await };
    Ok(answer(StatusCode::OK, &account_json(&switched.map_err(|error| call.failed(error))?)))
}
