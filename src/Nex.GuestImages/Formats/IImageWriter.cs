using Nex.GuestImages.Contents;

namespace Nex.GuestImages.Formats;

/// <summary>Writes images of one format. The same tree makes the same bytes.</summary>
internal interface IImageWriter
{
    /// <summary>Writes an image to a file of its own, which the caller removes when this fails.</summary>
    Task WriteAsync(GuestTree tree, string file, CancellationToken cancellation);
}
