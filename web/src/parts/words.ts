/** The texts that many pages share. */
import { dictionary } from "../language/language";

export const common = dictionary({
  cancel: ["Cancel", "取消"],
  close: ["Close", "关闭"],
  save: ["Save", "保存"],
  edit: ["Edit", "编辑"],
  remove: ["Delete", "删除"],
  copy: ["Copy", "复制"],
  copied: ["Copied", "已复制"],
  copyNamed: ["Copy {name}", "复制{name}"],
  more: ["Load more", "加载更多"],
  loading: ["Loading", "加载中"],
  retry: ["Try again", "重试"],
  failed: ["This could not be loaded", "无法加载"],
  actions: ["Actions for {name}", "{name} 的操作"],
  actionsColumn: ["Actions", "操作"],
  never: ["Never", "从不"],
  none: ["None", "无"],
  all: ["All", "全部"],
  name: ["Name", "名称"],
  email: ["Email", "邮箱"],
  role: ["Role", "角色"],
  status: ["Status", "状态"],
  created: ["Created", "创建时间"],
  enabled: ["Enabled", "已启用"],
  disabled: ["Disabled", "已停用"],
  optional: ["Optional", "选填"],
  required: ["Fill this in.", "请填写此项。"],
  saved: ["Saved", "已保存"],
  done: ["Done", "完成"],
  keepSafe: ["Shown only once", "仅显示一次"],
  keepSafeText: [
    "Copy it now and keep it in a safe place. The hub stores only a hash and cannot show it again.",
    "请立即复制并妥善保存。Hub 只保存哈希值，之后无法再次显示。",
  ],
});

export const roles = dictionary({
  owner: ["Owner", "所有者"],
  admin: ["Admin", "管理员"],
  member: ["Member", "成员"],
  guest: ["Guest", "访客"],
});

export const scopes = dictionary({
  inference: ["Call models", "调用模型"],
  "models.read": ["List models", "查看模型列表"],
  "usage.read": ["Read usage", "查看用量"],
  "keys.manage": ["Manage access keys", "管理访问密钥"],
  admin: ["Administer the hub", "管理 Hub"],
});
