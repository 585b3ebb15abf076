// A certified OpenID provider on a loopback port. It prints its issuer once it listens.
// PUT /test/accounts/<login> sets what it says of somebody.
import http from "node:http";
import Provider from "oidc-provider";

const accounts = new Map();

const server = http.createServer();
server.listen(0, "127.0.0.1", () => {
  const issuer = `http://127.0.0.1:${server.address().port}`;
  const provider = new Provider(issuer, {
    claims: { openid: ["sub"], email: ["email", "email_verified"], profile: ["name", "groups"] },
    features: { devInteractions: { enabled: true }, registration: { enabled: true } },
    async findAccount(_context, id) {
      return { accountId: id, claims: async () => ({ sub: id, ...accounts.get(id) }) };
    },
  });
  const handle = provider.callback();
  server.on("request", (request, response) => {
    const found = /^\/test\/accounts\/(\w+)$/.exec(request.url);
    if (request.method !== "PUT" || !found) return handle(request, response);
    let body = "";
    request.on("data", (part) => (body += part));
    request.on("end", () => {
      accounts.set(found[1], JSON.parse(body));
      response.writeHead(204).end();
    });
  });
  console.log(issuer);
});
