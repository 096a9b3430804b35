using Nex.Control.Connections;
using Nex.Node.Configuration.Keys;

namespace Nex.Node.Configuration;

/// <summary>What a configuration means for the connection to NATS.</summary>
internal static class ConnectionSettings
{
    /// <returns>Null where no NATS system is named.</returns>
    internal static NatsSettings? Of(NodeConfiguration configuration, ConfigurationValues values)
    {
        var settings = new NatsSettings
        {
            Servers = configuration.Get(NatsKeys.Servers),
            User = configuration.Find(NatsKeys.User),
            Password = configuration.Find(NatsKeys.Password),
            Token = configuration.Find(NatsKeys.Token),
            CredentialsFile = configuration.Find(NatsKeys.Credentials),
            NKeyFile = configuration.Find(NatsKeys.NKey),
            Jwt = configuration.Find(NatsKeys.Jwt),
            TlsCertificateFile = configuration.Find(NatsKeys.TlsCertificate),
            TlsKeyFile = configuration.Find(NatsKeys.TlsKey),
            TlsAuthorityFile = configuration.Find(NatsKeys.TlsAuthority),
            TlsFirst = configuration.Get(NatsKeys.TlsFirst),
            InboxPrefix = configuration.Find(NatsKeys.InboxPrefix),
            JetStreamDomain = configuration.Find(NatsKeys.JetStreamDomain),
        };
        string? context = configuration.Find(NatsKeys.Context);
        if (settings.Servers.Count == 0 && context is null)
        {
            WarnOfLostCredentials(configuration, values);
            return null;
        }

        try
        {
            settings = context is null ? settings : settings.WithContext(NatsContext.Load(context));
            // Reads the files that are named.
            _ = settings.ToOptions();
        }
        catch (NatsSettingsException failure)
        {
            foreach (string fault in failure.Faults)
            {
                values.AddFault("configuration", "nats", fault);
            }
        }

        return settings;
    }

    private static void WarnOfLostCredentials(NodeConfiguration configuration, ConfigurationValues values)
    {
        ConfigurationKey[] credentials =
            [NatsKeys.User, NatsKeys.Password, NatsKeys.Token, NatsKeys.Credentials, NatsKeys.NKey, NatsKeys.Jwt, NatsKeys.TlsCertificate, NatsKeys.TlsKey, NatsKeys.TlsAuthority];
        foreach (ConfigurationKey key in credentials.Where(configuration.IsSet))
        {
            values.AddWarning($"{key.Path} counts only with {NatsKeys.Servers.Path} or {NatsKeys.Context.Path}: the node starts a server of its own, and has its own key to it. With --server that flag's credentials count.");
        }
    }
}
