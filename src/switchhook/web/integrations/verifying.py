"""Samples of a receiver's code: how it checks the signatures of one integration, in its own language.

The function that checks is a file of samples/, which the handbook shows and tests/docs run; here is how it is called
with what an integration's request carries.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from switchhook.domain.integration import Format, Integration


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """One language. `call` hands the three headers and `{signed}` over; `body` and `query` are what is signed."""

    key: str
    language: str
    file: str
    call: str
    body: str
    query: str

    @property
    def function(self) -> str:
        """The file with the function that checks."""
        return _text(self.file)

    def call_for(self, integration: Integration) -> str:
        """The call, in a program that gets the requests of this integration."""
        return self.call.replace("{signed}", self.body if signs_body(integration) else self.query)


def signs_body(integration: Integration) -> bool:
    """Whether the body is signed, or else, as there is none, the query string."""
    return integration.format is Format.JSON


@cache
def _text(file: str) -> str:
    return files(__package__).joinpath("samples", file).read_text()


SAMPLES = (
    Sample(
        key="python", language="Python", file="verify.py", body="request.get_data()", query="request.query_string",
        call="""\
# With Flask; the secret stands in the environment.
genuine = verified(
    os.environ["WEBHOOK_SECRET"],
    request.headers["webhook-id"],
    request.headers["webhook-timestamp"],
    request.headers["webhook-signature"],
    {signed},
)
"""),
    Sample(
        key="node", language="Node", file="verify.mjs", body="request.body",
        query='Buffer.from(request.url.split("?")[1] ?? "")',
        call="""\
// With Express and express.raw({ type: "*/*" }); the secret stands in the environment.
const genuine = verified(
  process.env.WEBHOOK_SECRET,
  request.headers["webhook-id"],
  request.headers["webhook-timestamp"],
  request.headers["webhook-signature"],
  {signed},
);
"""),
    Sample(
        key="php", language="PHP", file="verify.php", body="file_get_contents('php://input')",
        query="$_SERVER['QUERY_STRING']",
        call="""\
// The headers webhook-id, webhook-timestamp and webhook-signature; the secret stands in the environment.
$genuine = verified(
    getenv('WEBHOOK_SECRET'),
    $_SERVER['HTTP_WEBHOOK_ID'],
    $_SERVER['HTTP_WEBHOOK_TIMESTAMP'],
    $_SERVER['HTTP_WEBHOOK_SIGNATURE'],
    {signed},
);
"""),
    Sample(
        key="go", language="Go", file="verify.go", body="body", query="[]byte(r.URL.RawQuery)",
        call="""\
// In an http.Handler, after body, err := io.ReadAll(r.Body); the secret stands in the environment.
genuine := verified(
	os.Getenv("WEBHOOK_SECRET"),
	r.Header.Get("webhook-id"),
	r.Header.Get("webhook-timestamp"),
	r.Header.Get("webhook-signature"),
	{signed},
)
"""),
    Sample(
        key="csharp", language="C#", file="Verify.cs", body="body",
        query='Encoding.UTF8.GetBytes((Request.QueryString.Value ?? "").TrimStart(\'?\'))',
        call="""\
// In a controller, body being the bytes of Request.Body as they came; the secret stands in the environment.
var genuine = Switchhook.Verified(
    Environment.GetEnvironmentVariable("WEBHOOK_SECRET")!,
    Request.Headers["webhook-id"]!,
    Request.Headers["webhook-timestamp"]!,
    Request.Headers["webhook-signature"]!,
    {signed});
"""),
    Sample(
        key="ruby", language="Ruby", file="verify.rb", body="request.body.read", query="request.query_string",
        call="""\
# With Rack (Rails, Sinatra): the headers webhook-id, webhook-timestamp and webhook-signature.
genuine = verified?(
  ENV.fetch("WEBHOOK_SECRET"),
  request.get_header("HTTP_WEBHOOK_ID"),
  request.get_header("HTTP_WEBHOOK_TIMESTAMP"),
  request.get_header("HTTP_WEBHOOK_SIGNATURE"),
  {signed}
)
"""),
    Sample(
        key="shell", language="Shell", file="verify.sh", body="cat", query="printf %s \"$QUERY_STRING\"",
        call="""\
# As CGI: the headers webhook-id, webhook-timestamp and webhook-signature; the secret stands in the environment.
{signed} | sh verify.sh "$WEBHOOK_SECRET" \\
  "$HTTP_WEBHOOK_ID" "$HTTP_WEBHOOK_TIMESTAMP" "$HTTP_WEBHOOK_SIGNATURE"
"""),
)


def sample(key: str) -> Sample:
    """The sample of that key, or the first."""
    return next((one for one in SAMPLES if one.key == key), SAMPLES[0])
