use std::time::Duration;

use governance::id::UpstreamId;
use serde_json::json;
use uuid::Uuid;

use super::*;

fn target(is_external: bool, kind: UpstreamKind) -> ModelTarget {
    ModelTarget {
        id: "small".into(),
        upstream: UpstreamId::from_uuid(Uuid::nil()),
        base_url: "http://127.0.0.1:1/v1".into(),
        upstream_name: "smol.gguf".into(),
        provider_key: None,
        kind,
        external: is_external,
        first_byte_timeout: Duration::from_secs(1),
        idle_timeout: Duration::from_secs(1),
        slots: 1,
    }
}

fn asked(endpoint: Endpoint, body: &Value) -> Result<Shaped, String> {
    shape(endpoint, body.to_string().as_bytes()).map_err(|error| {
        let body = error.body();
        format!("{} {}", error.code(), body["error"]["param"].as_str().unwrap_or("-"))
    })
}

/// A body of a chat with these members beside the model and a message of two bytes.
fn chat(members: Value) -> Value {
    let mut body = json!({"model": "small", "messages": [{"role": "user", "content": "hi"}]});
    body.as_object_mut()
        .unwrap()
        .extend(members.as_object().unwrap().clone());
    body
}

fn sent(shaped: &Shaped, target: &ModelTarget, output_max: u64) -> Value {
    let bytes = shaped.for_upstream(target, output_max, "pseudonym").unwrap();
    serde_json::from_slice(bytes.expose()).unwrap()
}

#[test]
#[expect(clippy::too_many_lines, reason = "a table of cases")]
fn what_cannot_be_bounded_or_kept_is_refused_with_its_place() {
    let (chats, old, new, vectors) = (
        Endpoint::ChatCompletions,
        Endpoint::Completions,
        Endpoint::Responses,
        Endpoint::Embeddings,
    );
    let parts =
        |part: Value| chat(json!({"messages": [{"role": "user", "content": [{"type": "text", "text": "a"}, part]}]}));
    let input = |item: Value| json!({"model": "m", "input": [item]});
    let cases = [
        (chats, json!({}), "invalid_value model"),
        (chats, json!({"model": ""}), "invalid_value model"),
        (chats, json!({"model": 7}), "invalid_value model"),
        (chats, json!({"model": "m".repeat(257)}), "invalid_value model"),
        (chats, json!({"model": "a\u{0}"}), "invalid_value model"),
        (chats, json!({"model": "a\nb"}), "invalid_value model"),
        (chats, json!({"model": "m"}), "invalid_value messages"),
        (chats, json!({"model": "m", "messages": []}), "invalid_value messages"),
        (
            chats,
            json!({"model": "m", "messages": ["hi"]}),
            "invalid_value messages.0",
        ),
        (
            chats,
            json!({"model": "m", "messages": [{"content": "hi"}]}),
            "invalid_value messages.0.role",
        ),
        (
            chats,
            json!({"model": "m", "messages": [{"role": "user", "content": 7}]}),
            "invalid_value messages.0.content",
        ),
        (chats, chat(json!({"stream": "yes"})), "invalid_value stream"),
        (chats, chat(json!({"n": 0})), "invalid_value n"),
        (chats, chat(json!({"n": 129})), "invalid_value n"),
        (chats, chat(json!({"n": 1.5})), "invalid_value n"),
        (chats, chat(json!({"n": -1})), "invalid_value n"),
        (chats, chat(json!({"max_tokens": 0})), "invalid_value max_tokens"),
        (chats, chat(json!({"max_tokens": -1})), "invalid_value max_tokens"),
        (chats, chat(json!({"max_tokens": 1e9})), "invalid_value max_tokens"),
        (
            chats,
            chat(json!({"max_completion_tokens": "7"})),
            "invalid_value max_completion_tokens",
        ),
        (chats, chat(json!({"store": true})), "unsupported_parameter store"),
        (chats, chat(json!({"store": "false"})), "unsupported_parameter store"),
        (
            chats,
            chat(json!({"modalities": ["text", "audio"]})),
            "unsupported_parameter modalities",
        ),
        (
            chats,
            chat(json!({"audio": {"voice": "x"}})),
            "unsupported_parameter modalities",
        ),
        (
            chats,
            parts(json!({"type": "image_url", "image_url": {"url": "http://169.254.169.254/"}})),
            "unsupported_parameter messages.0.content.1.type",
        ),
        (
            chats,
            parts(json!({"type": "input_audio"})),
            "unsupported_parameter messages.0.content.1.type",
        ),
        (
            chats,
            parts(json!({"type": "file"})),
            "unsupported_parameter messages.0.content.1.type",
        ),
        (
            chats,
            parts(json!("text")),
            "unsupported_parameter messages.0.content.1.type",
        ),
        (
            chats,
            parts(json!({"type": "text"})),
            "invalid_value messages.0.content.1.text",
        ),
        (old, json!({"model": "m"}), "invalid_value prompt"),
        (old, json!({"model": "m", "prompt": []}), "invalid_value prompt"),
        (old, json!({"model": "m", "prompt": [[]]}), "invalid_value prompt"),
        (old, json!({"model": "m", "prompt": [["x"]]}), "invalid_value prompt"),
        (
            old,
            json!({"model": "m", "prompt": vec!["x"; 65], "n": 2}),
            "invalid_value prompt",
        ),
        (
            old,
            json!({"model": "m", "prompt": "x", "echo": true}),
            "unsupported_parameter echo",
        ),
        (new, json!({"model": "m"}), "invalid_value input"),
        (
            new,
            json!({"model": "m", "input": "x", "store": true}),
            "unsupported_parameter store",
        ),
        (
            new,
            json!({"model": "m", "input": "x", "previous_response_id": "resp_1"}),
            "unsupported_parameter previous_response_id",
        ),
        (
            new,
            json!({"model": "m", "input": "x", "conversation": "c"}),
            "unsupported_parameter conversation",
        ),
        (
            new,
            json!({"model": "m", "input": "x", "prompt": {"id": "p"}}),
            "unsupported_parameter prompt",
        ),
        (
            new,
            json!({"model": "m", "input": "x", "background": true}),
            "unsupported_parameter background",
        ),
        (
            new,
            json!({"model": "m", "input": "x", "tools": [{"type": "web_search"}]}),
            "unsupported_parameter tools.0.type",
        ),
        (
            new,
            input(json!({"type": "item_reference", "id": "x"})),
            "unsupported_parameter input.0.type",
        ),
        (
            new,
            input(json!({"role": "user", "content": [{"type": "input_image"}]})),
            "unsupported_parameter input.0.content.0.type",
        ),
        (
            new,
            input(json!({"type": "function_call_output", "output": [{"type": "input_file"}]})),
            "unsupported_parameter input.0.output.0.type",
        ),
        (vectors, json!({"model": "m"}), "invalid_value input"),
        (vectors, json!({"model": "m", "input": []}), "invalid_value input"),
        (
            vectors,
            json!({"model": "m", "input": vec!["x"; 2_049]}),
            "invalid_value input",
        ),
        (
            vectors,
            json!({"model": "m", "input": "x", "encoding_format": "hex"}),
            "invalid_value encoding_format",
        ),
        (
            vectors,
            json!({"model": "m", "input": "x", "stream": true}),
            "unsupported_parameter stream",
        ),
    ];
    for (endpoint, body, expected) in cases {
        assert_eq!(asked(endpoint, &body).err().as_deref(), Some(expected), "{body}");
    }
    for (text, expected) in [
        ("", "malformed_json -"),
        ("[]", "malformed_json -"),
        ("{\"model\"", "malformed_json -"),
        ("{}{}", "malformed_json -"),
    ] {
        let error = shape(chats, text.as_bytes()).err().unwrap();
        assert_eq!(format!("{} -", error.code()), expected, "{text}");
    }
    let deep = format!(
        "{{\"model\":\"m\",\"messages\":{}{}}}",
        "[".repeat(100_000),
        "]".repeat(100_000)
    );
    assert_eq!(shape(chats, deep.as_bytes()).err().unwrap().code(), "malformed_json");
}

#[test]
fn the_input_is_bounded_by_the_bytes_of_everything_a_model_may_read() {
    let bound = |endpoint, body: &Value| asked(endpoint, body).unwrap().input_bound;
    // A role of 4 bytes and a text of 2.
    let plain = bound(Endpoint::ChatCompletions, &chat(json!({})));
    assert_eq!(plain, 6);
    let longer = [
        json!({"tools": [{"type": "function", "function": {"name": "f"}}]}),
        json!({"response_format": {"type": "json_schema", "json_schema": {}}}),
        json!({"documents": [{"text": "a"}]}),
        json!({"chat_template_kwargs": {"a": "b"}}),
        json!({"messages": [{"role": "user", "content": "hi"}, {"role": "assistant", "content": "", "tool_calls": [{"id": "x"}]}]}),
        json!({"messages": [{"role": "user", "content": "hi", "reasoning_content": "b"}]}),
        json!({"messages": [{"role": "user", "content": "hi", "name": "b"}]}),
    ];
    for members in longer {
        assert!(
            bound(Endpoint::ChatCompletions, &chat(members.clone())) > plain,
            "{members}"
        );
    }
    let same = json!({"temperature": 1, "stream": true, "user": "ada", "metadata": {"a": "b"}, "chat_template": "x", "n": 3, "tools": null});
    assert_eq!(bound(Endpoint::ChatCompletions, &chat(same)), plain);
    let prompts = |prompt: Value| {
        let shaped = asked(Endpoint::Completions, &json!({"model": "m", "prompt": prompt, "n": 2})).unwrap();
        (shaped.input_bound, shaped.messages, shaped.n)
    };
    assert_eq!(prompts(json!("abc")), (3, 1, 2));
    assert_eq!(prompts(json!(["abc", "de"])), (5, 2, 4));
    assert_eq!(prompts(json!([1, 2, 3, 4])), (4, 1, 2));
    assert_eq!(prompts(json!([[1, 2], [3]])), (3, 2, 4));
    let best = asked(
        Endpoint::Completions,
        &json!({"model": "m", "prompt": "x", "n": 2, "best_of": 5}),
    )
    .unwrap();
    assert_eq!(best.n, 5, "all that are made are paid for");
    assert!(
        bound(
            Endpoint::Responses,
            &json!({"model": "m", "input": "abc", "instructions": "de"})
        ) == 5
    );
    assert!(
        bound(
            Endpoint::Responses,
            &json!({"model": "m", "input": [{"role": "user", "content": "abc"}]})
        ) >= 7
    );
    assert_eq!(
        bound(Endpoint::Embeddings, &json!({"model": "m", "input": ["ab", "c"]})),
        3
    );
}

#[test]
fn a_limit_of_output_is_injected_where_there_is_none_and_lowered_where_it_is_too_high() {
    let cases = [
        (json!({}), None, 100),
        (json!({"max_tokens": 7}), Some(7), 7),
        (json!({"max_completion_tokens": 7}), Some(7), 7),
        (json!({"max_tokens": 9, "max_completion_tokens": 7}), Some(7), 7),
        (json!({"max_tokens": 1000}), Some(1_000), 100),
        // Another name of the same thing does not get past it.
        (json!({"n_predict": 5000, "max_new_tokens": 5000}), None, 100),
    ];
    for (members, asked_for, expected) in cases {
        let shaped = asked(Endpoint::ChatCompletions, &chat(members.clone())).unwrap();
        assert_eq!(shaped.max_output, asked_for, "{members}");
        let body = sent(&shaped, &target(false, UpstreamKind::LlamaCpp), 100);
        assert_eq!(body["max_tokens"], expected, "{members}");
        for name in ["max_completion_tokens", "n_predict", "max_new_tokens"] {
            assert!(body.get(name).is_none(), "{name} in {members}");
        }
        let outside = sent(&shaped, &target(true, UpstreamKind::Plain), 100);
        assert_eq!(
            (&outside["max_completion_tokens"], outside.get("max_tokens")),
            (&json!(expected), None)
        );
    }
    let response = asked(
        Endpoint::Responses,
        &json!({"model": "m", "input": "x", "max_output_tokens": 500}),
    )
    .unwrap();
    let body = sent(&response, &target(false, UpstreamKind::LlamaCpp), 100);
    assert_eq!(
        (&body["max_output_tokens"], &body["store"]),
        (&json!(100), &json!(false))
    );
}

#[test]
fn unknown_fields_reach_upstreams_of_the_co_op_alone_and_nothing_tells_who_asks() {
    let members = json!({
        "temperature": 0.5, "seed": 7, "tools": [], "grammar": "root ::= x", "priority": -9, "id_slot": 0,
        "user": "ada@example.org", "safety_identifier": "ada", "metadata": {"who": "ada"}, "prompt_cache_key": "ada", "store": false,
        "chat_template": "{{ x }}", "stream_options": {"include_usage": false}, "service_tier": "priority",
    });
    let shaped = asked(Endpoint::ChatCompletions, &chat(members)).unwrap();
    let ours = sent(&shaped, &target(false, UpstreamKind::LlamaCpp), 100);
    let expected = json!({
        "model": "smol.gguf", "messages": [{"role": "user", "content": "hi"}], "temperature": 0.5, "seed": 7, "tools": [],
        "grammar": "root ::= x", "user": "pseudonym", "max_tokens": 100, "stream": true, "stream_options": {"include_usage": true},
        "timings_per_token": true,
    });
    assert_eq!(ours, expected);
    let theirs = sent(&shaped, &target(true, UpstreamKind::Vllm), 100);
    let expected = json!({
        "model": "smol.gguf", "messages": [{"role": "user", "content": "hi"}], "temperature": 0.5, "seed": 7, "tools": [],
        "user": "pseudonym", "max_completion_tokens": 100, "stream": true,
        "stream_options": {"include_usage": true, "continuous_usage_stats": true},
    });
    assert_eq!(theirs, expected);
    assert!(!theirs.to_string().contains("ada") && !ours.to_string().contains("ada"));
}

#[test]
fn embeddings_are_asked_for_as_numbers_and_told_as_the_client_wants() {
    let shaped = asked(
        Endpoint::Embeddings,
        &json!({"model": "m", "input": "x", "encoding_format": "base64", "dimensions": 3}),
    )
    .unwrap();
    assert!(shaped.wants_base64 && !shaped.is_streamed);
    let body = sent(&shaped, &target(true, UpstreamKind::Plain), 0);
    assert_eq!(
        body,
        json!({"model": "smol.gguf", "input": "x", "dimensions": 3, "user": "pseudonym", "encoding_format": "float"})
    );
}

#[test]
fn usage_at_the_end_of_a_stream_is_told_to_who_asked_for_it() {
    let wants = |members| asked(Endpoint::ChatCompletions, &chat(members)).unwrap().wants_usage;
    assert!(wants(
        json!({"stream": true, "stream_options": {"include_usage": true}})
    ));
    assert!(!wants(
        json!({"stream": true, "stream_options": {"include_usage": "true"}})
    ));
    assert!(!wants(json!({"stream": true})));
}
