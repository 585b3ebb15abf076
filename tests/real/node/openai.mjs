// The OpenAI Node SDK against a hub; prints what it saw as one line of JSON.
import OpenAI from "openai";

const model = process.env.MODEL;
const messages = [{ role: "user", content: "Say hello in one short sentence." }];
const options = { apiKey: process.env.KEY, maxRetries: 0, timeout: 60000 };
const client = new OpenAI({ ...options, baseURL: process.env.HUB + process.argv[2] });

const plain = await client.chat.completions.create({ model, messages, max_tokens: 40 });

let streamed = "";
for await (const chunk of await client.chat.completions.create({ model, messages, max_tokens: 40, stream: true })) {
  streamed += chunk.choices[0]?.delta?.content ?? "";
}

let usage = null;
const withUsage = { model, messages, max_tokens: 40, stream: true, stream_options: { include_usage: true } };
for await (const chunk of await client.chat.completions.create(withUsage)) {
  usage = chunk.usage ?? usage;
}

const embeddings = await client.embeddings.create({ model, input: ["hello", "world"] });
const models = (await client.models.list()).data.map((one) => one.id);

const stranger = new OpenAI({ ...options, apiKey: "blocklet-wrong", baseURL: process.env.HUB + process.argv[2] });
const refused = await stranger.chat.completions.create({ model, messages }).catch((error) => error);

const long = { model, messages, max_tokens: 200, stream: true };
const { data: cancelled, request_id: cancelledId } = await client.chat.completions.create(long).withResponse();
let pieces = 0;
for await (const chunk of cancelled) {
  pieces += chunk.choices.length;
  break;
}
const after = await client.chat.completions.create({ model, messages, max_tokens: 5 });

console.log(
  JSON.stringify({
    plain: plain.choices[0].message.content,
    tokens: plain.usage.completion_tokens,
    requestId: plain._request_id,
    streamed,
    usage,
    dimensions: embeddings.data.map((one) => one.embedding.length),
    models,
    refused: { status: refused.status, code: refused.code, type: refused.type },
    cancelledAfter: pieces,
    cancelledId,
    after: after.choices.length,
  }),
);
