// A server of one model of the shape that OpenAI gave: chat and older completions, whole or as a stream.
//
// node-llama-cpp brings the engine of llama.cpp built, and no server. So this one says exactly what it read and wrote: it puts the
// tokens of the template together itself, and text of a message never becomes a mark of the template.
//
// Arguments: the folder where node-llama-cpp is installed, the file of the model, its name, the port.

import { createServer } from "node:http";
import { createRequire } from "node:module";
import { resolve } from "node:path";
import { pathToFileURL } from "node:url";

const [folder, file, name, port] = process.argv.slice(2);
const CONTEXT_TOKENS = 2048;
const OUTPUT_TOKENS = 512;
const BODY_BYTES_MAX = 1024 * 1024;
const SLOTS = 2;

const { getLlama } = await import(pathToFileURL(createRequire(`${resolve(folder)}/`).resolve("node-llama-cpp")));
const llama = await getLlama({ gpu: false, build: "never", logLevel: "error", maxThreads: 1 });
const model = await llama.loadModel({ modelPath: file });
const context = await model.createContext({ contextSize: CONTEXT_TOKENS, sequences: SLOTS });
const idle = Array.from({ length: SLOTS }, () => context.getSequence());
const waiting = [];

const mark = (text) => model.tokenize(text, true);
const plain = (text) => model.tokenize(text, false, "trimLeadingSpace");

/** The template of SmolLM2: ChatML. */
function chat(messages) {
    const said = messages.flatMap(({ role, content }) => [
        ...mark("<|im_start|>"),
        ...plain(`${role}\n${words(content)}`),
        ...mark("<|im_end|>"),
        ...plain("\n"),
    ]);
    return [...said, ...mark("<|im_start|>"), ...plain("assistant\n")];
}

function words(content) {
    if (content === null || content === undefined) return "";
    return typeof content === "string" ? content : content.map((part) => part.text ?? "").join("\n");
}

class Refusal extends Error {
    constructor(status, type, message) {
        super(message);
        Object.assign(this, { status, type });
    }
}

/** Who waits for a sequence and goes away leaves none behind. */
async function sequence(gone) {
    if (idle.length > 0) return idle.pop();
    return await new Promise((resolve, reject) => {
        const turn = (free) => resolve(free);
        waiting.push(turn);
        gone.addEventListener("abort", () => {
            const place = waiting.indexOf(turn);
            if (place >= 0) waiting.splice(place, 1);
            reject(new Refusal(499, "client_gone", "the client left"));
        });
    });
}

function giveBack(free) {
    const next = waiting.shift();
    if (next) next(free);
    else idle.push(free);
}

/** Writes up to `most` tokens; tells each piece of text as it comes. Gives why it ended and what it took. */
async function write(prompt, asked, gone, tell) {
    const most = Math.min(asked.max_completion_tokens ?? asked.max_tokens ?? OUTPUT_TOKENS, CONTEXT_TOKENS / SLOTS - prompt.length);
    if (most < 1) throw new Refusal(400, "exceed_context_size_error", `the model reads ${CONTEXT_TOKENS / SLOTS} tokens`);
    const own = await sequence(gone);
    const written = [];
    let told = "";
    let ending = "length";
    try {
        await own.clearHistory();
        const sampling = { temperature: asked.temperature ?? 0.7, topP: asked.top_p ?? 1, seed: asked.seed };
        for await (const token of own.evaluate(prompt, sampling)) {
            if (model.isEogToken(token)) {
                ending = "stop";
                break;
            }
            written.push(token);
            const text = model.detokenize(written);
            // A letter may need several tokens; what is not whole yet waits.
            if (!text.endsWith("\ufffd") && text.length > told.length) {
                tell(text.slice(told.length));
                told = text;
            }
            if (gone.aborted || written.length >= most) break;
        }
    } finally {
        giveBack(own);
    }
    const usage = { prompt_tokens: prompt.length, completion_tokens: written.length, total_tokens: prompt.length + written.length };
    return { ending, usage, text: told };
}

const shapes = {
    "/v1/chat/completions": {
        object: "chat.completion",
        prompt: (asked) => chat(asked.messages ?? []),
        whole: (text, ending) => ({ index: 0, message: { role: "assistant", content: text }, finish_reason: ending, logprobs: null }),
        piece: (text, ending) => ({ index: 0, delta: text === null ? {} : { content: text }, finish_reason: ending }),
    },
    "/v1/completions": {
        object: "text_completion",
        prompt: (asked) => plain(Array.isArray(asked.prompt) ? asked.prompt.join("") : asked.prompt ?? ""),
        whole: (text, ending) => ({ index: 0, text, finish_reason: ending, logprobs: null }),
        piece: (text, ending) => ({ index: 0, text: text ?? "", finish_reason: ending }),
    },
};

async function answer(path, asked, gone, response) {
    const shape = shapes[path];
    const prompt = shape.prompt(asked);
    const head = { id: `local-${Date.now()}`, created: Math.floor(Date.now() / 1000), model: name };
    if (!asked.stream) {
        const { text, ending, usage } = await write(prompt, asked, gone, () => {});
        return json(response, 200, { ...head, object: shape.object, choices: [shape.whole(text, ending)], usage });
    }
    const event = (choices, more) => {
        const chunk = { ...head, object: `${shape.object === "chat.completion" ? "chat.completion.chunk" : shape.object}`, choices, ...more };
        response.write(`data: ${JSON.stringify(chunk)}\n\n`);
    };
    const { ending, usage } = await write(prompt, asked, gone, (text) => {
        if (!response.headersSent) response.writeHead(200, { "content-type": "text/event-stream" });
        event([shape.piece(text, null)]);
    });
    if (!response.headersSent) response.writeHead(200, { "content-type": "text/event-stream" });
    event([shape.piece(null, ending)]);
    if (asked.stream_options?.include_usage) event([], { usage });
    response.end("data: [DONE]\n\n");
}

function json(response, status, body) {
    response.writeHead(status, { "content-type": "application/json" });
    response.end(JSON.stringify(body));
}

async function read(request) {
    const pieces = [];
    let length = 0;
    for await (const piece of request) {
        length += piece.length;
        if (length > BODY_BYTES_MAX) throw new Refusal(413, "invalid_request_error", "the body is too long");
        pieces.push(piece);
    }
    try {
        return JSON.parse(Buffer.concat(pieces).toString());
    } catch {
        throw new Refusal(400, "invalid_request_error", "the body is no JSON");
    }
}

const server = createServer(async (request, response) => {
    const leaving = new AbortController();
    response.on("close", () => leaving.abort());
    try {
        if (request.method === "GET" && request.url === "/v1/models") {
            return json(response, 200, { object: "list", data: [{ id: name, object: "model", created: 0, owned_by: "local" }] });
        }
        if (request.method !== "POST" || !(request.url in shapes)) throw new Refusal(404, "not_found_error", "there is no such address");
        await answer(request.url, await read(request), leaving.signal, response);
    } catch (error) {
        const { status = 500, type = "server_error", message } = error;
        if (response.headersSent) response.destroy();
        else json(response, status, { error: { message, type, code: status } });
    }
});
server.listen(Number(port), "127.0.0.1", () => console.log("ready"));
for (const signal of ["SIGTERM", "SIGINT"]) process.on(signal, () => process.exit(0));
