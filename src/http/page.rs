//! Lists by the page: how much is asked for, from where, and by which filters.

use std::error::Error;

use axum::extract::{FromRequestParts, Query};
use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use http::StatusCode;
use http::request::Parts;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize, Serializer};
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use crate::http::error::ApiError;

/// Things on a page where nothing was said.
const DEFAULT_LIMIT: usize = 50;

/// The most things on a page.
const MAX_LIMIT: usize = 100;

/// The page of a list that a request asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Page {
    /// The most things that are shown, 1 to 100.
    pub(super) limit: usize,
    /// The thing that the page before ended with.
    pub(super) after: Option<Cursor>,
}

/// Where a page ended: the id of its last thing. Opaque to clients.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ToSchema)]
#[schema(value_type = String)]
pub(super) struct Cursor(pub(super) Uuid);

/// The parameters of a page, for the interface's description.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct PageQuery {
    /// How many to show: 1 to 100, 50 where nothing is said.
    #[param(value_type = Option<u8>, minimum = 1, maximum = 100)]
    limit: Option<String>,
    /// `next_cursor` of the page before.
    cursor: Option<String>,
}

impl Page {
    /// How many rows to read: one more than is shown, which tells whether there is another page.
    pub(super) fn rows(&self) -> i64 {
        self.limit as i64 + 1
    }

    /// The key after which rows are read.
    pub(super) fn after(&self) -> Option<Uuid> {
        self.after.map(|cursor| cursor.0)
    }

    /// Cuts what was read to what is shown, with where to go on, if anywhere.
    pub(super) fn cut<T>(
        &self,
        mut rows: Vec<T>,
        key: impl FnOnce(&T) -> Uuid,
    ) -> (Vec<T>, Option<Cursor>) {
        if rows.len() <= self.limit {
            return (rows, None);
        }
        rows.truncate(self.limit);
        let next = rows.last().map(|last| Cursor(key(last)));
        (rows, next)
    }
}

impl<S: Send + Sync> FromRequestParts<S> for Page {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiError> {
        let Filter(asked) = Filter::<PageQuery>::from_request_parts(parts, state).await?;
        let limit = match asked.limit {
            None => DEFAULT_LIMIT,
            Some(text) => {
                let limit = text.parse().ok().filter(|limit| (1..=MAX_LIMIT).contains(limit));
                limit.ok_or_else(|| ApiError::invalid("limit", "a whole number from 1 to 100"))?
            }
        };
        let after = asked.cursor.map(|text| {
            let unknown = "no cursor of this list; take `next_cursor` of the page before";
            Cursor::read(&text).ok_or_else(|| ApiError::invalid("cursor", unknown))
        });
        Ok(Self { limit, after: after.transpose()? })
    }
}

impl Cursor {
    fn read(text: &str) -> Option<Self> {
        let bytes = BASE64_URL_SAFE_NO_PAD.decode(text).ok()?;
        Uuid::from_slice(&bytes).ok().map(Self)
    }
}

impl Serialize for Cursor {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&BASE64_URL_SAFE_NO_PAD.encode(self.0))
    }
}

/// What else the query says. Parameters that its type does not name are not looked at.
#[derive(Clone, Copy, Debug)]
pub(super) struct Filter<T>(pub(super) T);

impl<S: Send + Sync, T: DeserializeOwned> FromRequestParts<S> for Filter<T> {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, ApiError> {
        let read = Query::<T>::try_from_uri(&parts.uri);
        read.map(|Query(filter)| Self(filter)).map_err(|rejection| {
            let mut cause: Option<&(dyn Error + 'static)> = Some(&rejection);
            while let Some(error) = cause {
                if let Some(error) = error.downcast_ref::<AtParameter>() {
                    let message = error.inner().to_string();
                    return match error.path().to_string() {
                        path if path == "." => unfit(message),
                        path => unfit(message).field(path),
                    };
                }
                cause = error.source();
            }
            unfit(rejection.body_text())
        })
    }
}

type AtParameter = serde_path_to_error::Error<serde::de::value::Error>;

fn unfit(message: String) -> ApiError {
    ApiError::new(StatusCode::UNPROCESSABLE_ENTITY, "invalid_field", message)
}

#[cfg(test)]
mod tests {
    use axum::response::IntoResponse;
    use http::Request;

    use super::*;
    use crate::model::Role;

    fn parts(query: &str) -> Parts {
        let request = Request::builder().uri(format!("/api/users?{query}"));
        request.body(()).unwrap().into_parts().0
    }

    async fn page(query: &str) -> Result<Page, ApiError> {
        Page::from_request_parts(&mut parts(query), &()).await
    }

    async fn body(error: ApiError) -> (u16, serde_json::Value) {
        let response = error.into_response();
        let status = response.status().as_u16();
        let bytes = axum::body::to_bytes(response.into_body(), 10_000).await.unwrap();
        (status, serde_json::from_slice(&bytes).unwrap())
    }

    #[tokio::test]
    async fn a_page_is_bounded() {
        let no_cursor = |limit| Ok(Page { limit, after: None });
        assert_eq!(page("").await, no_cursor(50));
        assert_eq!(page("limit=1").await, no_cursor(1));
        assert_eq!(page("limit=100&role=rep").await, no_cursor(100));
        for limit in ["0", "101", "-1", "", "x", "1.5", "99999999999999999999"] {
            let (status, body) = body(page(&format!("limit={limit}")).await.unwrap_err()).await;
            assert_eq!((status, body["error"]["field"].as_str()), (422, Some("limit")), "{limit}");
        }
    }

    #[tokio::test]
    async fn a_cursor_comes_back_as_it_was_given() {
        let id: Uuid = "0190f3a0-0000-7000-8000-000000000001".parse().unwrap();
        let text = serde_json::to_value(Cursor(id)).unwrap();
        assert_eq!(text, "AZDzoAAAcACAAAAAAAAAAQ");
        let asked = page("cursor=AZDzoAAAcACAAAAAAAAAAQ").await.unwrap();
        assert_eq!(asked.after(), Some(id));
        for cursor in ["", "x", "AZDzoAAAcACAAAAAAAAAAQ==", "AZDzoAAAcACAAAAAAAAAAQAA", "' or 1=1"]
        {
            let query = format!("cursor={}", cursor.replace(' ', "+"));
            let (status, body) = body(page(&query).await.unwrap_err()).await;
            assert_eq!(
                (status, body["error"]["field"].as_str()),
                (422, Some("cursor")),
                "{cursor}"
            );
        }
    }

    #[test]
    fn a_full_page_says_where_to_go_on_only_if_there_is_more() {
        let page = Page { limit: 2, after: None };
        let ids: Vec<Uuid> = (1..=3).map(Uuid::from_u128).collect();
        assert_eq!(page.rows(), 3);
        assert_eq!(page.cut(ids.clone(), |id| *id), (ids[..2].to_vec(), Some(Cursor(ids[1]))));
        assert_eq!(page.cut(ids[..2].to_vec(), |id| *id), (ids[..2].to_vec(), None));
        assert_eq!(page.cut(Vec::new(), |id| *id), (Vec::new(), None));
    }

    #[tokio::test]
    async fn a_filter_that_does_not_fit_is_named() {
        #[derive(Debug, Deserialize)]
        struct People {
            role: Option<Role>,
        }
        let mut fits = parts("role=hr&more=1");
        let Filter(people) = Filter::<People>::from_request_parts(&mut fits, &()).await.unwrap();
        assert_eq!(people.role, Some(Role::Hr));
        let mut odd = parts("role=king");
        let error = Filter::<People>::from_request_parts(&mut odd, &()).await.unwrap_err();
        let (status, body) = body(error).await;
        assert_eq!(status, 422);
        assert_eq!(body["error"]["field"], "role");
        let message = body["error"]["message"].as_str().unwrap();
        assert!(message.starts_with("unknown variant `king`, expected one of `rep`"), "{message}");
    }
}
