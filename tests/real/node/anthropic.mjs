// The Anthropic Node SDK against a hub; prints what it saw as one line of JSON.
import Anthropic from "@anthropic-ai/sdk";

const client = new Anthropic({ baseURL: process.env.HUB, apiKey: process.env.KEY, maxRetries: 0, timeout: 60000 });
const said = {
  model: process.env.MODEL,
  max_tokens: 24,
  messages: [{ role: "user", content: "Say hello in one short sentence." }],
};
const whole = await client.messages.create(said);
let streamed = "";
const stream = client.messages.stream(said).on("text", (text) => (streamed += text));
const final = await stream.finalMessage();
const refused = await client.messages.create({ ...said, messages: [] }).catch((error) => error);

console.log(
  JSON.stringify({
    whole: whole.content[0].text,
    used: whole.usage.output_tokens,
    streamed,
    final: final.content[0].text,
    refused: [refused.status, refused.error?.error?.type],
  }),
);
