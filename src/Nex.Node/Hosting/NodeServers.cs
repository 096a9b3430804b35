using Microsoft.Extensions.Logging;
using NATS.NKeys;
using Nex.Control.Connections;
using Nex.Node.Configuration;
using Nex.Node.Servers;

namespace Nex.Node.Hosting;

/// <summary>The nats-servers that the node starts itself, and how to reach the one that it joins.</summary>
internal sealed partial class NodeServers : IAsyncDisposable
{
    private readonly string _directory;
    private readonly ILogger _logger;
    private readonly NatsServerProcess? _public;
    private readonly NatsServerProcess? _private;

    private NodeServers(string directory, NatsServerProcess? publicServer, NatsServerProcess? privateServer, NatsSettings connection, ILogger logger)
    {
        _directory = directory;
        _logger = logger;
        _public = publicServer;
        _private = privateServer;
        Connection = connection;
    }

    /// <summary>How the node connects.</summary>
    internal NatsSettings Connection { get; }

    /// <summary>Whether that is a server which nobody else knows of.</summary>
    internal bool IsPrivate => _private is not null;

    /// <summary>Starts what is needed: a public server where one is configured, and a private one where no other NATS system is named.</summary>
    /// <param name="given">The NATS system to join; null for none.</param>
    /// <exception cref="ServerStartException">A server could not be started.</exception>
    internal static async Task<NodeServers> StartAsync(
        NodeSettings settings, NatsSettings? given, ILogger logger, TimeProvider time, CancellationToken cancellationToken)
    {
        NatsServerProcess? publicServer = settings.PublicServer is { } options
            ? await NatsServerProcess.StartAsync(options.Define(), logger, time, cancellationToken).ConfigureAwait(false)
            : null;
        try
        {
            if (publicServer is not null)
            {
                LogPublicServer(logger, publicServer.Port);
                WarnOfOpenServer(settings, logger);
            }

            given ??= publicServer is null ? null : ConnectionTo(settings.PublicServer!, publicServer.Port);
            if (given is not null)
            {
                return new NodeServers(settings.DataDirectory, publicServer, privateServer: null, given, logger);
            }

            using KeyPair user = KeyPair.CreatePair(PrefixByte.User);
            NatsServerProcess privateServer = await NatsServerProcess
                .StartAsync(settings.PrivateServer.Define(user), logger, time, cancellationToken).ConfigureAwait(false);
            return await OfPrivateAsync(settings.DataDirectory, privateServer, user, logger).ConfigureAwait(false);
        }
        catch
        {
            await DisposeAsync(publicServer).ConfigureAwait(false);
            throw;
        }
    }

    public async ValueTask DisposeAsync()
    {
        RemoveContext();
        await DisposeAsync(_private).ConfigureAwait(false);
        await DisposeAsync(_public).ConfigureAwait(false);
    }

    /// <summary>Never fails: what cannot be removed must not keep the servers from ending.</summary>
    private void RemoveContext()
    {
        try
        {
            if (_private is not null)
            {
                LocalNode.Remove(_directory);
            }
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            LogContextNotRemoved(_logger, LocalNode.ContextFile(_directory), failure.Message);
        }
    }

    private static async Task<NodeServers> OfPrivateAsync(string directory, NatsServerProcess server, KeyPair user, ILogger logger)
    {
        try
        {
            LocalNode node = LocalNode.Write(directory, $"nats://127.0.0.1:{server.Port}", user.GetSeed());
            return new NodeServers(directory, publicServer: null, server, new NatsSettings { Servers = [node.Url], NKeyFile = node.NKeyFile }, logger);
        }
        catch
        {
            await server.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    private static NatsSettings ConnectionTo(PublicServerOptions options, int port)
    {
        string host = options.Find(PublicServerOptions.Host) is { Length: > 0 } named && named is not ("0.0.0.0" or "::") ? named : "127.0.0.1";
        return new NatsSettings
        {
            Servers = [$"nats://{(host.Contains(':', StringComparison.Ordinal) ? $"[{host}]" : host)}:{port}"],
            User = options.FindLogin(PublicServerOptions.User),
            Password = options.FindLogin(PublicServerOptions.Password),
            Token = options.FindLogin(PublicServerOptions.User) is null ? options.FindLogin(PublicServerOptions.Token) : null,
        };
    }

    private static void WarnOfOpenServer(NodeSettings settings, ILogger logger)
    {
        if (!settings.PublicServer!.HasAuthorization)
        {
            LogOpenServer(logger, settings.Node.ValidIssuers.Count > 0 ? "ask and listen to it" : "run workloads on it");
        }
    }

    private static async Task DisposeAsync(NatsServerProcess? server)
    {
        if (server is not null)
        {
            await server.DisposeAsync().ConfigureAwait(false);
        }
    }

    [LoggerMessage(570, LogLevel.Information, "A public nats-server listens on port {Port}")]
    private static partial void LogPublicServer(ILogger logger, int port);

    [LoggerMessage(572, LogLevel.Warning, "{Path} could not be removed ({Reason}): remove it, so that clients do not look for a server that has ended")]
    private static partial void LogContextNotRemoved(ILogger logger, string path, string reason);

    [LoggerMessage(571, LogLevel.Warning, "The public nats-server asks nobody who they are: whoever reaches this node can {What}. Set username and password, or authorization, in public_nats_server")]
    private static partial void LogOpenServer(ILogger logger, string what);
}
