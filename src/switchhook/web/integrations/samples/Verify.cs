// Is this request from Switchhook, and unchanged? .NET 8, nothing to install.
using System.Security.Cryptography;
using System.Text;

public static class Switchhook
{
    const int OldestSeconds = 300;

    /// <summary>`signed`: the raw body; for a request without one Request.QueryString.Value without its question mark.</summary>
    public static bool Verified(string secret, string webhookId, string timestamp, string signatures, byte[] signed)
    {
        if (!long.TryParse(timestamp, out var at) ||
            Math.Abs(DateTimeOffset.UtcNow.ToUnixTimeSeconds() - at) > OldestSeconds)
            return false;
        var key = Convert.FromBase64String(secret.StartsWith("whsec_") ? secret[6..] : secret);
        var content = Encoding.UTF8.GetBytes($"{webhookId}.{timestamp}.").Concat(signed).ToArray();
        var wanted = Encoding.ASCII.GetBytes("v1," + Convert.ToBase64String(HMACSHA256.HashData(key, content)));
        return signatures.Split(' ').Any(one =>  // two while rotating
            CryptographicOperations.FixedTimeEquals(wanted, Encoding.UTF8.GetBytes(one)));
    }
}
