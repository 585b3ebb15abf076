// The published client @blocklet/aigne-hub against a hub; prints what it saw as one line of JSON.
const { chatCompletionsV2, checkStatus, embeddingsV2 } = require("@blocklet/aigne-hub/api/call/v2");

const model = process.env.MODEL;
const messages = [{ role: "user", content: "Say hello in one short sentence." }];

async function chat() {
  const seen = { text: "", role: null, usage: null };
  const answer = await chatCompletionsV2({ model, messages, maxTokens: 40 });
  for await (const chunk of answer) {
    seen.role = chunk.delta?.role ?? seen.role;
    seen.text += chunk.delta?.content ?? "";
    seen.usage = chunk.usage ?? seen.usage;
  }
  return seen;
}

async function main() {
  if (process.argv[2] === "refused") {
    const error = await chat().catch((caught) => caught);
    return { message: error.message, type: error.type };
  }
  const embeddings = await embeddingsV2({ model, input: "hello" });
  return {
    chat: await chat(),
    status: await checkStatus({ model }),
    unknown: await checkStatus({ model: "openai/gpt-4o" }),
    dimensions: embeddings.data.map((one) => one.embedding.length),
  };
}

main().then(
  (seen) => {
    console.log(JSON.stringify(seen));
    process.exit(0);
  },
  (error) => {
    console.error(error);
    process.exit(1);
  },
);
