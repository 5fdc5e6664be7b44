use serde_json::json;

use super::*;
use crate::gateway::shape::shape;

const BOUNDS: Bounds = Bounds { input: 100, output: 8 };
const BILL: Bill = Bill {
    usage: Some(Usage { input: 7, output: 3 }),
    source: UsageSource::Counted,
    settlement: Some(Settlement { charged: 10, excess: 0 }),
    rule: PartialChargeRule::Counted,
    is_fallback: false,
};

fn reader(endpoint: Endpoint, members: Value) -> Reader {
    let mut body = json!({"model": "small", "messages": [{"role": "user", "content": "hi"}], "input": "hi"});
    if endpoint == Endpoint::Completions {
        body["prompt"] = "hi".into();
    }
    body.as_object_mut()
        .unwrap()
        .extend(members.as_object().unwrap().clone());
    let shaped = shape(endpoint, body.to_string().as_bytes()).ok().unwrap();
    Reader::new(&shaped, "small", BOUNDS)
}

/// What became of an event: `pass`, `swallow`, `cut`, `end`, or why it is broken.
fn take(reader: &mut Reader, evidence: &mut Evidence, data: &str) -> (String, Value) {
    let frame = Frame {
        event: None,
        data: data.as_bytes().to_vec(),
    };
    match reader.take(frame, evidence) {
        Ok(Taken::Pass(event)) => ("pass".into(), event.into_inner()),
        Ok(Taken::Swallow) => ("swallow".into(), Value::Null),
        Ok(Taken::Cut) => ("cut".into(), Value::Null),
        Ok(Taken::End(event)) => ("end".into(), event.map_or(Value::Null, Content::into_inner)),
        Err(broken) => (format!("{broken:?}"), Value::Null),
    }
}

fn all(endpoint: Endpoint, members: Value, events: &[Value]) -> (Value, Evidence) {
    let (mut reader, mut evidence) = (reader(endpoint, members), Evidence::default());
    for event in events {
        let (taken, _) = take(&mut reader, &mut evidence, &event.to_string());
        assert!(["pass", "swallow", "end"].contains(&taken.as_str()), "{taken}: {event}");
    }
    (reader.whole(&BILL).ok().unwrap().into_inner(), evidence)
}

fn chunk(choice: Value) -> Value {
    json!({"id": "c1", "object": "chat.completion.chunk", "created": 1, "model": "smol.gguf", "choices": [choice]})
}

#[test]
fn events_that_are_no_answer_break_the_stream_and_do_not_panic() {
    let cases = [
        ("", "Form"),
        ("{", "Form"),
        ("[]", "Form"),
        ("7", "Form"),
        ("\u{fffd}", "Form"),
        (r#"{"error":{"message":"out of memory"}}"#, "Said"),
        (r#"{"error":"x","choices":[]}"#, "Said"),
        (r#"{"choices":7}"#, "Form"),
        (r#"{"choices":[7]}"#, "Form"),
        (r#"{"choices":[{"index":1,"delta":{}}]}"#, "Form"),
        (r#"{"choices":[{"index":-1,"delta":{}}]}"#, "Form"),
        (r#"{"choices":[{"index":1e99,"delta":{}}]}"#, "Form"),
        (r#"{"choices":[{"index":0,"delta":7}]}"#, "Form"),
        (r#"{"choices":[{"index":0,"delta":{"tool_calls":{"a":1}}}]}"#, "pass"),
        (r#"{"choices":[{"index":0,"delta":null}]}"#, "pass"),
        (r#"{"choices":[{"index":0}]}"#, "pass"),
        (r#"{"choices":null}"#, "swallow"),
        ("{}", "swallow"),
        ("[DONE]", "end"),
    ];
    for (data, expected) in cases {
        let taken = take(
            &mut reader(Endpoint::ChatCompletions, json!({})),
            &mut Evidence::default(),
            data,
        );
        assert_eq!(taken.0, expected, "{data}");
    }
    for (data, expected) in [
        ("{}", "Form"),
        (r#"{"type":"response.completed"}"#, "Form"),
        (r#"{"type":"error"}"#, "Said"),
        (r#"{"type":"response.created","response":7}"#, "Form"),
    ] {
        let taken = take(
            &mut reader(Endpoint::Responses, json!({})),
            &mut Evidence::default(),
            data,
        );
        assert_eq!(taken.0, expected, "{data}");
    }
}

#[test]
fn an_answer_in_pieces_is_put_together_with_its_tools_and_probabilities() {
    let call = |index: u64, id: Value, name: Value, arguments: &str| {
        chunk(
            json!({"index": 0, "delta": {"tool_calls": [{"index": index, "id": id, "type": "function", "function": {"name": name, "arguments": arguments}}]}}),
        )
    };
    let events = [
        chunk(json!({"index": 0, "delta": {"role": "assistant", "content": null}})),
        chunk(json!({"index": 0, "delta": {"reasoning_content": "th"}})),
        chunk(
            json!({"index": 0, "delta": {"reasoning_content": "ink"}, "logprobs": {"content": [{"token": "a"}], "refusal": null}}),
        ),
        call(0, json!("call_a"), json!("f"), "{\"x\":"),
        call(0, Value::Null, Value::Null, "1}"),
        call(1, json!("call_b"), json!("g"), "{}"),
        chunk(
            json!({"index": 0, "delta": {}, "finish_reason": "tool_calls", "logprobs": {"content": [{"token": "b"}]}}),
        ),
        json!({"id": "c1", "choices": [], "usage": {"prompt_tokens": 7, "completion_tokens": 5}}),
    ];
    let (answer, evidence) = all(Endpoint::ChatCompletions, json!({}), &events);
    let expected = json!({
        "id": "c1", "object": "chat.completion", "created": 1, "model": "small",
        "choices": [{
            "index": 0, "finish_reason": "tool_calls", "logprobs": {"content": [{"token": "a"}, {"token": "b"}], "refusal": null},
            "message": {"role": "assistant", "content": null, "refusal": null, "reasoning_content": "think", "tool_calls": [
                {"id": "call_a", "type": "function", "function": {"name": "f", "arguments": "{\"x\":1}"}},
                {"id": "call_b", "type": "function", "function": {"name": "g", "arguments": "{}"}},
            ]},
        }],
        "usage": {"prompt_tokens": 7, "completion_tokens": 3, "total_tokens": 10},
        "coop": {"usage_source": "counted", "charged_units": 10, "partial_charge_rule": "counted", "fallback": false},
    });
    assert_eq!(answer, expected);
    assert_eq!(evidence.judge(BOUNDS).usage, Some(Usage { input: 7, output: 5 }));
    assert_eq!(evidence.pieces, 5, "each piece with text in it");
}

#[test]
fn several_answers_are_kept_apart() {
    let of = |index: u64, text: &str| chunk(json!({"index": index, "delta": {"content": text}}));
    let end = |index: u64| chunk(json!({"index": index, "delta": {}, "finish_reason": "stop"}));
    let events = [of(1, "b"), of(0, "a"), of(1, "B"), end(1), of(0, "A"), end(0)];
    let (answer, _) = all(Endpoint::ChatCompletions, json!({"n": 2}), &events);
    let texts: Vec<&str> = answer["choices"]
        .as_array()
        .unwrap()
        .iter()
        .map(|choice| choice["message"]["content"].as_str().unwrap())
        .collect();
    assert_eq!(texts, ["aA", "bB"]);
    let of = |index: u64, text: &str| json!({"id": "c", "object": "text_completion", "choices": [{"index": index, "text": text, "logprobs": {"tokens": [text], "text_offset": [0]}}]});
    let (answer, _) = all(
        Endpoint::Completions,
        json!({"prompt": ["x", "y"]}),
        &[of(0, "a"), of(1, "b"), of(0, "A")],
    );
    let expected = json!([
        {"index": 0, "finish_reason": "length", "logprobs": {"tokens": ["a", "A"], "text_offset": [0, 0]}, "text": "aA"},
        {"index": 1, "finish_reason": "length", "logprobs": {"tokens": ["b"], "text_offset": [0]}, "text": "b"},
    ]);
    assert_eq!(answer["choices"], expected);
}

#[test]
fn a_stream_is_told_in_the_clients_name_of_the_model_and_usage_only_where_it_was_asked_for() {
    let piece = json!({"model": "smol.gguf", "choices": [{"index": 0, "delta": {"content": "a"}}], "usage": {"prompt_tokens": 1, "completion_tokens": 1}, "timings": {"prompt_n": 1, "predicted_n": 1}});
    let told = |members: Value| {
        let (mut reader, mut evidence) = (reader(Endpoint::ChatCompletions, members), Evidence::default());
        let (_, event) = take(&mut reader, &mut evidence, &piece.to_string());
        (event, reader.last(&BILL).map(Content::into_inner))
    };
    let (event, last) = told(json!({"stream": true}));
    assert_eq!(
        event,
        json!({"model": "small", "choices": [{"index": 0, "delta": {"content": "a"}}]})
    );
    assert!(last.is_none());
    let (event, last) = told(json!({"stream": true, "stream_options": {"include_usage": true}}));
    assert_eq!(event["usage"], Value::Null);
    let last = last.unwrap();
    assert_eq!(
        (
            &last["choices"],
            &last["usage"]["completion_tokens"],
            &last["coop"]["charged_units"]
        ),
        (&json!([]), &json!(3), &json!(10))
    );
}

#[test]
fn output_beyond_what_is_held_for_is_cut_and_ends_for_its_length() {
    let (mut reader, mut evidence) = (reader(Endpoint::ChatCompletions, json!({"n": 2})), Evidence::default());
    let piece = |index: u64| chunk(json!({"index": index, "delta": {"content": "a"}})).to_string();
    take(
        &mut reader,
        &mut evidence,
        &chunk(json!({"index": 1, "delta": {}, "finish_reason": "stop"})).to_string(),
    );
    for _ in 0..8 {
        assert_eq!(take(&mut reader, &mut evidence, &piece(0)).0, "pass");
    }
    assert_eq!(take(&mut reader, &mut evidence, &piece(0)).0, "cut");
    let ends: Vec<Value> = reader.cut().into_iter().map(Content::into_inner).collect();
    assert_eq!(ends.len(), 1, "one of the two has ended already");
    assert_eq!(
        (&ends[0]["choices"][0]["index"], &ends[0]["choices"][0]["finish_reason"]),
        (&json!(0), &json!("length"))
    );
    // One piece that says itself how much it is.
    let (mut reader, mut evidence) = (self::reader(Endpoint::ChatCompletions, json!({})), Evidence::default());
    let piece = json!({"choices": [{"index": 0, "delta": {"content": "a"}}], "usage": {"prompt_tokens": 1, "completion_tokens": 9}});
    assert_eq!(take(&mut reader, &mut evidence, &piece.to_string()).0, "cut");
}

#[test]
fn responses_are_read_by_their_events() {
    let response = json!({"id": "resp_1", "model": "smol.gguf", "status": "in_progress", "output": [], "usage": null});
    let delta = json!({"type": "response.output_text.delta", "sequence_number": 4, "delta": "Hel"});
    let mut done = response.clone();
    done["status"] = "completed".into();
    done["usage"] = json!({"input_tokens": 7, "output_tokens": 3});
    let events = [
        json!({"type": "response.created", "sequence_number": 0, "response": response}),
        delta.clone(),
        json!({"type": "response.completed", "sequence_number": 9, "response": done}),
    ];
    let (answer, evidence) = all(Endpoint::Responses, json!({}), &events);
    assert_eq!(
        (&answer["model"], &answer["store"], &answer["status"]),
        (&json!("small"), &json!(false), &json!("completed"))
    );
    assert_eq!(answer["coop"]["charged_units"], 10);
    assert_eq!(evidence.judge(BOUNDS).usage, Some(Usage { input: 7, output: 3 }));
    let (mut reader, mut evidence) = (
        reader(Endpoint::Responses, json!({"stream": true})),
        Evidence::default(),
    );
    take(&mut reader, &mut evidence, &events[0].to_string());
    for _ in 0..8 {
        assert_eq!(take(&mut reader, &mut evidence, &delta.to_string()).0, "pass");
    }
    assert_eq!(take(&mut reader, &mut evidence, &delta.to_string()).0, "cut");
    let cut = reader.cut().remove(0).into_inner();
    assert_eq!(
        (&cut["type"], &cut["sequence_number"]),
        (&json!("response.incomplete"), &json!(5))
    );
    assert_eq!(cut["response"]["output"][0]["content"][0]["text"], "Hel".repeat(8));
    assert_eq!(cut["response"]["incomplete_details"]["reason"], "max_output_tokens");
}

#[test]
fn embeddings_are_told_as_numbers_or_as_base64_whichever_the_upstream_sends() {
    let floats = json!({"object": "list", "model": "x", "data": [{"index": 0, "embedding": [0.5, -1.0]}], "usage": {"prompt_tokens": 3, "total_tokens": 3}});
    let base64 = json!({"object": "list", "model": "x", "data": [{"index": 0, "embedding": "AAAAPwAAgL8="}], "usage": {"prompt_tokens": 3, "total_tokens": 3}});
    for sent in [&floats, &base64] {
        for (wants_base64, expected) in [(false, json!([0.5, -1.0])), (true, json!("AAAAPwAAgL8="))] {
            let mut evidence = Evidence::default();
            let told = vectors(sent.to_string().as_bytes(), "small", wants_base64, &mut evidence)
                .unwrap_or_else(|_| panic!("{sent}"))
                .into_inner();
            assert_eq!(
                (&told["data"][0]["embedding"], &told["model"]),
                (&expected, &json!("small"))
            );
            assert_eq!(evidence.judge(BOUNDS).usage, Some(Usage { input: 3, output: 0 }));
        }
    }
    let broken = [
        json!([]),
        json!({}),
        json!({"data": [7]}),
        json!({"data": [{"embedding": ["x"]}]}),
        json!({"data": [{"embedding": [1e300]}]}),
        json!({"data": [{"embedding": "AAA"}]}),
        json!({"data": [{"embedding": "AAAA"}]}),
        json!({"error": {"message": "x"}}),
    ];
    for sent in broken {
        assert!(
            vectors(sent.to_string().as_bytes(), "small", false, &mut Evidence::default()).is_err(),
            "{sent}"
        );
    }
}

#[test]
fn what_goes_over_the_wire_ends_where_its_line_does() {
    let event = Content::new(json!({"type": "x\ny", "text": "a\nb\r"}));
    let wire = String::from_utf8(Reader::wire(Endpoint::Responses, &event)).unwrap();
    assert_eq!(wire, "event: xy\ndata: {\"text\":\"a\\nb\\r\",\"type\":\"x\\ny\"}\n\n");
    let error = String::from_utf8(Reader::wire_error(
        Endpoint::ChatCompletions,
        &GatewayError::upstream_broken(),
    ))
    .unwrap();
    assert!(
        error.starts_with("data: {\"error\":{") && error.ends_with("}}\n\n") && error.contains("upstream_broken"),
        "{error}"
    );
}
