/** The texts of OAuth clients. */
import { dictionary } from "../../language/language";

export const clientWords = dictionary({
  title: ["OAuth clients", "OAuth 客户端"],
  text: ["Applications that ask users for access, or that act for a service account.", "向用户请求授权或代表服务账号操作的应用。"],
  create: ["Register a client", "注册客户端"],
  editTitle: ["Edit “{name}”", "编辑“{name}”"],
  emptyTitle: ["No OAuth clients yet", "还没有 OAuth 客户端"],
  emptyText: ["Register an application, so that its users can allow it to call this hub in their name.", "注册应用后，用户即可授权其以自己的名义调用此 Hub。"],
  kind: ["Kind", "类型"],
  public: ["Public", "公开"],
  confidential: ["Confidential", "机密"],
  publicText: ["Runs where a secret cannot be kept: in a browser, on a phone, in a terminal. Uses PKCE.", "运行于无法保守密钥的环境：浏览器、手机、终端。使用 PKCE。"],
  confidentialText: ["Runs on a server and proves itself with a secret.", "运行于服务器，使用密钥证明身份。"],
  dynamic: ["Registered itself", "自行注册"],
  grants: ["How it gets access", "授权方式"],
  redirectUris: ["Redirect addresses", "重定向地址"],
  redirectHint: ["One a line, exactly as the application sends it.", "每行一个，须与应用发送的完全一致。"],
  scopes: ["What it may ask for", "可请求的权限"],
  service: ["Acts as the service account", "所代表的服务账号"],
  chooseService: ["Choose one", "请选择"],
  clientId: ["Client id", "客户端 ID"],
  secret: ["Client secret", "客户端密钥"],
  madeTitle: ["The client is registered", "客户端已注册"],
  rotatedTitle: ["The new secret", "新的密钥"],
  rotate: ["Rotate the secret", "轮换密钥"],
  rotateTitle: ["Rotate the secret of “{name}”?", "轮换“{name}”的密钥？"],
  rotateText: ["The present secret stops working at once.", "当前密钥将立即失效。"],
  removeTitle: ["Delete “{name}”?", "删除“{name}”？"],
  removeText: ["All access that users gave to it ends at once. This cannot be undone.", "用户授予它的所有访问权限立即终止，且无法恢复。"],
  removed: ["“{name}” is deleted", "“{name}”已删除"],
  changed: ["“{name}” is saved", "“{name}”已保存"],
  oneGrant: ["Choose at least one.", "请至少选择一项。"],
});

export const grantWords = dictionary({
  authorization_code: ["The user allows it in the browser", "用户在浏览器中授权"],
  refresh_token: ["It may renew its access", "可续期访问"],
  client_credentials: ["It acts for a service account, without a user", "代表服务账号操作，无需用户"],
  "urn:ietf:params:oauth:grant-type:device_code": ["The user types a code from a device", "用户输入设备上显示的代码"],
});
