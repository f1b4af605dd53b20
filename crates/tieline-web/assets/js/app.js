// Improves pages that already work as forms and links. Each module stands for one thing and looks for its own marks.
// The chat page adds chat.js itself.
import './reveal.js';
import './eye.js';
import './copy.js';
import './menu.js';
import './theme.js';
import './dialog.js';
import './connector_form.js';
import './model_form.js';
import './confirm.js';
import './clients.js';
import './filter.js';
import './local_time.js';
import './live.js';
import './bulk.js';
import './toast.js';
import './keys.js';
