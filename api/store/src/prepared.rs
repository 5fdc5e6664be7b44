//! Statements that run for every request: prepared once on each connection and run again.
//!
//! The library never keeps a statement made by `sql_query`, since its text might be put together anew each time. These texts are
//! fixed in the source, so each is prepared at its first use and found again by its text.

use std::marker::PhantomData;

use diesel::pg::Pg;
use diesel::query_builder::{AstPass, Query, QueryFragment, QueryId};
use diesel::result::QueryResult;
use diesel::serialize::ToSql;
use diesel::sql_types::{HasSqlType, Untyped};

/// A statement with its parameters in order.
pub struct Prepared<B> {
    text: &'static str,
    binds: B,
}

/// One more parameter after `B`.
pub struct Bind<B, V, T> {
    before: B,
    value: V,
    kind: PhantomData<T>,
}

/// A statement without parameters yet.
pub const fn prepared(text: &'static str) -> Prepared<()> {
    Prepared { text, binds: () }
}

impl<B> Prepared<B> {
    /// Adds the next parameter, of the SQL type `T`.
    pub fn bind<T, V>(self, value: V) -> Prepared<Bind<B, V, T>> {
        Prepared {
            text: self.text,
            binds: Bind {
                before: self.binds,
                value,
                kind: PhantomData,
            },
        }
    }
}

impl<B: Parameters> QueryFragment<Pg> for Prepared<B> {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Pg>) -> QueryResult<()> {
        out.push_sql(self.text);
        self.binds.walk(out)
    }
}

/// Parameters, first to last.
pub trait Parameters {
    /// Hands each to the statement.
    fn walk<'b>(&'b self, out: AstPass<'_, 'b, Pg>) -> QueryResult<()>;
}

impl Parameters for () {
    fn walk<'b>(&'b self, _: AstPass<'_, 'b, Pg>) -> QueryResult<()> {
        Ok(())
    }
}

impl<B: Parameters, V: ToSql<T, Pg>, T> Parameters for Bind<B, V, T>
where
    Pg: HasSqlType<T>,
{
    fn walk<'b>(&'b self, mut out: AstPass<'_, 'b, Pg>) -> QueryResult<()> {
        self.before.walk(out.reborrow())?;
        out.push_bind_param_value_only::<T, V>(&self.value)
    }
}

impl<B> QueryId for Prepared<B> {
    type QueryId = ();

    // Its text is its identity.
    const HAS_STATIC_QUERY_ID: bool = false;
}

impl<B> Query for Prepared<B> {
    type SqlType = Untyped;
}
