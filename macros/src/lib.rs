//! The attribute macros of Quorate, re-exported by `quorate`.

use proc_macro::{TokenStream, TokenTree};

/// Makes a type fit to be a game's state, action, event or options: derives `Clone`, `Debug`,
/// `Serialize` and `Deserialize`, with no dependency of the game but `quorate`.
///
/// ```ignore
/// #[quorate::data]
/// #[derive(Copy, PartialEq)] // what else the type needs, beside it
/// enum Action {
///     Bet(u32),
///     Roll,
/// }
/// ```
///
/// `#[data(crate = path)]` names the crate that re-exports `serde`, where it is not `::quorate`.
#[proc_macro_attribute]
pub fn data(options: TokenStream, item: TokenStream) -> TokenStream {
    match expand(options) {
        Ok(attributes) => attributes.into_iter().chain(item).collect(),
        Err(message) => format!("::core::compile_error!({message:?});")
            .parse()
            .unwrap_or(item),
    }
}

fn expand(options: TokenStream) -> Result<TokenStream, &'static str> {
    let serde = format!("{}::serde", krate(options)?);
    let attributes = format!(
        "#[derive(::core::clone::Clone, ::core::fmt::Debug, {serde}::Serialize, \
         {serde}::Deserialize)] #[serde(crate = \"{serde}\")]"
    );
    attributes.parse().map_err(|_| "`crate = ` takes a path")
}

fn krate(options: TokenStream) -> Result<String, &'static str> {
    let mut tokens = options.into_iter();
    match (tokens.next(), tokens.next()) {
        (None, _) => Ok("::quorate".to_owned()),
        (Some(TokenTree::Ident(name)), Some(TokenTree::Punct(is)))
            if name.to_string() == "crate" && is.as_char() == '=' =>
        {
            Ok(tokens.collect::<TokenStream>().to_string().replace(' ', ""))
        }
        _ => Err("the only option is `crate = path`"),
    }
}
