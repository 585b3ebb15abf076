// The Vercel AI SDK's OpenAI-compatible provider against a hub; prints what it saw as one line of JSON.
import { createOpenAICompatible } from "@ai-sdk/openai-compatible";
import { generateText, streamText } from "ai";

const hub = createOpenAICompatible({ name: "hub", baseURL: process.env.HUB + "/v1", apiKey: process.env.KEY });
const asked = { model: hub(process.env.MODEL), prompt: "Say hello in one short sentence.", maxOutputTokens: 24, maxRetries: 0 };
const whole = await generateText(asked);
const stream = streamText(asked);
let streamed = "";
for await (const text of stream.textStream) {
  streamed += text;
}
const refused = await generateText({ ...asked, model: hub("nobody-serves-this") }).catch((error) => error);

console.log(
  JSON.stringify({
    whole: whole.text,
    used: whole.usage.outputTokens,
    streamed,
    reason: await stream.finishReason,
    refused: [refused.statusCode, refused.message],
  }),
);
