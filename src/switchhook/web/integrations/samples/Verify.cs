// Is this request from Switchhook, and unchanged? .NET 5 and newer, Mono 6; nothing to install.
using System;
using System.IO;
using System.Linq;
using System.Security.Cryptography;
using System.Text;

public static class Switchhook
{
    const int OldestSeconds = 300;

    /// <summary>`signed`: the raw body; for a request without one Request.QueryString.Value without its question mark.</summary>
    public static bool Verified(string secret, string webhookId, string timestamp, string signatures, byte[] signed)
    {
        if (!long.TryParse(timestamp, out var at) ||
            Math.Abs((double)DateTimeOffset.UtcNow.ToUnixTimeSeconds() - at) > OldestSeconds)
            return false;
        var key = Convert.FromBase64String(secret.StartsWith("whsec_") ? secret.Substring(6) : secret);
        var content = Encoding.UTF8.GetBytes($"{webhookId}.{timestamp}.").Concat(signed).ToArray();
        using (var hmac = new HMACSHA256(key))
        {
            var wanted = Encoding.ASCII.GetBytes("v1," + Convert.ToBase64String(hmac.ComputeHash(content)));
            return signatures.Split(' ').Any(one =>  // two while rotating
                CryptographicOperations.FixedTimeEquals(wanted, Encoding.UTF8.GetBytes(one)));
        }
    }

    static int Main(string[] args)  // try it: Verify SECRET ID TIMESTAMP SIGNATURES < body
    {
        var body = new MemoryStream();
        Console.OpenStandardInput().CopyTo(body);
        var genuine = Verified(args[0], args[1], args[2], args[3], body.ToArray());
        Console.WriteLine(genuine ? "genuine" : "forged, changed or too old");
        return genuine ? 0 : 1;
    }
}
