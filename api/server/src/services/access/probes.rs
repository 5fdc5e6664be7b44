//! What is asked of a model before it takes calls: texts of which tokenizers make most tokens, and calls to which templates add most.

use governance::access::{Endpoint, ModelTerms};
use serde_json::{Map, Value, json};

use crate::gateway::meter;

/// The least length of a text, in bytes; no question is much longer, so that every model has room for it.
const TEXT_BYTES: usize = 240;
/// How many messages or texts one call has, and another: what the other has more tells what each of them adds.
const MANY: [usize; 2] = [16, 32];

/// Texts by what is hard about them; each is repeated. The first endpoint is asked all, since one tokenizer serves all endpoints.
const TEXTS: &[(&str, &str)] = &[
    DIGITS,
    ("words", "The weavers met in Toad Lane. "),
    ("hexadecimal digits", "9f86d081884c7d65"),
    ("emoji", "\u{1f642}\u{1f9f5}\u{1f3ed}"),
    ("cuneiform", "\u{12000}\u{12040}\u{12080}"),
    ("combining marks", "a\u{301}\u{323}\u{308}e\u{302}\u{32f}"),
    ("a sign that normal forms unfold", "\u{fdfa}"),
    (
        "what looks like marks of a template",
        "<|im_end|><|im_start|></s>[INST]",
    ),
    ("white space", " \t\n \r\n\u{a0}\u{2003}"),
    ("rare scripts", "\u{a9c1}\u{1e900}\u{11c00}\u{16b00}"),
    ("punctuation", "~`!@#$%^&*(){}|\\:;\"'<>,.?/"),
    ("letters of many", "q\u{17f}\u{2126}\u{fb03}\u{1d54f}\u{3300}"),
];
/// What makes a token of each byte most often, and shows so what is written around a text at a further endpoint.
const DIGITS: (&str, &str) = ("digits", "0123456789");

/// One question.
pub struct Question {
    /// What is hard about it.
    pub name: &'static str,
    /// Where it is asked.
    pub endpoint: meter::Endpoint,
    /// What is asked, as a member would.
    pub body: Value,
    /// Whether a server may refuse to be asked so; it refuses members then too, and no bound is needed.
    pub is_refusable: bool,
}

/// All that is asked of a model, at each endpoint that it was registered with.
#[must_use]
pub fn questions(terms: &ModelTerms, model: &str) -> Vec<Question> {
    let mut questions = Vec::new();
    for endpoint in Endpoint::ALL
        .iter()
        .filter(|endpoint| terms.endpoints.contains(endpoint))
    {
        let at = At {
            endpoint: *endpoint,
            model,
        };
        let texts = if questions.is_empty() { TEXTS } else { &[DIGITS] };
        for (name, unit) in texts {
            let text = unit.repeat(TEXT_BYTES.div_ceil(unit.len()));
            questions.push(at.asks(name, at.text(&text)));
        }
        questions.extend(MANY.map(|count| at.may_refuse("many without words", at.many(count))));
        if matches!(endpoint, Endpoint::ChatCompletions | Endpoint::Responses) {
            questions.extend(MANY.map(|count| at.asks("a conversation", at.conversation(count))));
            questions.push(at.may_refuse("a list of tools", at.tools()));
            questions.push(at.may_refuse("the result of a tool", at.result()));
        }
    }
    questions
}

/// An endpoint of a model.
struct At<'a> {
    endpoint: Endpoint,
    model: &'a str,
}

impl At<'_> {
    fn asks(&self, name: &'static str, members: Value) -> Question {
        let mut body = Map::new();
        body.insert("model".into(), self.model.into());
        let (endpoint, limit) = match self.endpoint {
            Endpoint::ChatCompletions => (meter::Endpoint::ChatCompletions, Some(("max_tokens", 1))),
            Endpoint::Completions => (meter::Endpoint::Completions, Some(("max_tokens", 1))),
            // The least that the API of OpenAI takes.
            Endpoint::Responses => (meter::Endpoint::Responses, Some(("max_output_tokens", 16))),
            Endpoint::Embeddings => (meter::Endpoint::Embeddings, None),
        };
        body.extend(limit.map(|(name, most)| (name.to_owned(), most.into())));
        if let Value::Object(members) = members {
            body.extend(members);
        }
        Question {
            name,
            endpoint,
            body: Value::Object(body),
            is_refusable: false,
        }
    }

    fn may_refuse(&self, name: &'static str, members: Value) -> Question {
        Question {
            is_refusable: true,
            ..self.asks(name, members)
        }
    }

    fn text(&self, text: &str) -> Value {
        match self.endpoint {
            Endpoint::ChatCompletions => json!({"messages": [message("user", text)]}),
            Endpoint::Completions => json!({"prompt": text}),
            Endpoint::Responses | Endpoint::Embeddings => json!({"input": text}),
        }
    }

    /// So many messages without a word, or texts of one letter, where nothing may be empty.
    fn many(&self, count: usize) -> Value {
        match self.endpoint {
            Endpoint::ChatCompletions => json!({"messages": vec![message("user", ""); count]}),
            Endpoint::Completions => json!({"prompt": vec!["1"; count]}),
            Endpoint::Responses => json!({"input": vec![message("user", ""); count]}),
            Endpoint::Embeddings => json!({"input": vec!["1"; count]}),
        }
    }

    /// So many messages in turn, as every template takes them.
    fn conversation(&self, count: usize) -> Value {
        let turns = [message("user", "1"), message("assistant", "1")];
        let messages: Vec<Value> = turns
            .into_iter()
            .cycle()
            .take(count)
            .chain([message("user", "1")])
            .collect();
        self.said(messages)
    }

    fn said(&self, messages: Vec<Value>) -> Value {
        match self.endpoint {
            Endpoint::ChatCompletions => json!({"messages": messages}),
            Endpoint::Responses | Endpoint::Completions | Endpoint::Embeddings => json!({"input": messages}),
        }
    }

    fn tools(&self) -> Value {
        let mut asked = self.said(vec![message("user", "1")]);
        asked["tools"] = self.list();
        asked
    }

    /// One tool, in the form of the endpoint.
    fn list(&self) -> Value {
        let mut function = json!({"name": "now", "parameters": {"type": "object", "properties": {}}});
        if self.endpoint == Endpoint::ChatCompletions {
            return json!([{"type": "function", "function": function}]);
        }
        function["type"] = "function".into();
        json!([function])
    }

    fn result(&self) -> Value {
        let question = message("user", "1");
        let messages = if self.endpoint == Endpoint::ChatCompletions {
            let call = json!({"id": "1", "type": "function", "function": {"name": "now", "arguments": "{}"}});
            vec![
                question,
                json!({"role": "assistant", "content": "", "tool_calls": [call]}),
                json!({"role": "tool", "tool_call_id": "1", "content": "1"}),
            ]
        } else {
            vec![
                question,
                json!({"type": "function_call", "call_id": "1", "name": "now", "arguments": "{}"}),
                json!({"type": "function_call_output", "call_id": "1", "output": "1"}),
            ]
        };
        let mut asked = self.said(messages);
        asked["tools"] = self.list();
        asked
    }
}

fn message(role: &str, content: &str) -> Value {
    json!({"role": role, "content": content})
}
